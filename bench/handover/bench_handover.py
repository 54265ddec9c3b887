#!/usr/bin/env python3
"""How long clients wait when a director dies: a pair of lvx directors and a pair of keepalived ones, in the same run.

    client 192.168.88.21 -- outside -- left, right (192.168.88.23) -- inside -- server 10.0.0.2, its gateway 10.0.0.1

Both addresses belong to one sync group.  The client fetches a page over and over, each time on a new connection with a
patience of a few milliseconds; what is told is the time from the beginning of the fault to the first whole answer.
keepalived's pair forwards by nftables' DNAT (this kernel may have no IPVS), lvx's by its own data plane.
"""
import argparse
import ctypes
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
PREFIX = f"fo{os.getpid()}"
NODES = ["client", "server", "left", "right", "outside", "inside"]
CLONE_NEWNET = 0x40000000


def sh(text):
    subprocess.run(text, shell=True, check=True)


def enter(node):
    with open(f"/run/netns/{PREFIX}{node}") as handle:
        if ctypes.CDLL(None, use_errno=True).setns(handle.fileno(), CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "setns")


def cable(node, device, switch, address):
    sh(f"ip -n {PREFIX}{node} link add {device} type veth peer name p{node} netns {PREFIX}{switch}")
    sh(f"ip -n {PREFIX}{switch} link set p{node} master sw0 up; ip -n {PREFIX}{node} link set {device} up")
    sh(f"ip -n {PREFIX}{node} addr add {address} dev {device}")


def build():
    for node in NODES:
        sh(f"ip netns add {PREFIX}{node}; ip -n {PREFIX}{node} link set lo up")
    for switch in ("outside", "inside"):
        sh(f"ip -n {PREFIX}{switch} link add sw0 type bridge; ip -n {PREFIX}{switch} link set sw0 up")
    cable("client", "eth0", "outside", "192.168.88.21/24")
    cable("server", "eth0", "inside", "10.0.0.2/24")
    sh(f"ip -n {PREFIX}server route add default via 10.0.0.1")
    for node, last in (("left", 11), ("right", 12)):
        cable(node, "eth0", "outside", f"192.168.88.{last}/24")
        cable(node, "eth1", "inside", f"10.0.0.{last}/24")
        sh(f"nsenter --net=/run/netns/{PREFIX}{node} sysctl -qw net.ipv4.ip_forward=1")


def tear_down():
    for node in NODES:
        subprocess.run(f"ip netns del {PREFIX}{node}", shell=True, stderr=subprocess.DEVNULL)
    for node in ("left", "right"):
        subprocess.run(f"rm -rf /sys/fs/bpf/{PREFIX}{node}", shell=True)


def configuration(priority, interval, services):
    text = "vrrp_sync_group VG {\n group {\n OUT\n IN\n }\n}\n"
    for name, device, vrid, address in (("OUT", "eth0", 51, "192.168.88.23/24"), ("IN", "eth1", 52, "10.0.0.1/24")):
        text += (f"vrrp_instance {name} {{\n state BACKUP\n interface {device}\n virtual_router_id {vrid}\n priority {priority}\n"
                 f" version 3\n advert_int {interval}\n virtual_ipaddress {{\n {address}\n }}\n}}\n")
    if services:
        text += ("virtual_server 192.168.88.23 80 {\n lb_algo rr\n lb_kind NAT\n protocol TCP\n"
                 " real_server 10.0.0.2 80 {\n weight 1\n }\n}\n")
    return text


class Pair:
    def __init__(self, kind, interval, folder):
        self.kind, self.folder, self.processes = kind, folder, {}
        for node, priority in (("left", 200), ("right", 199)):
            path = f"{folder}/{node}"
            with open(f"{path}.conf", "w") as out:
                out.write(configuration(priority, interval, kind == "lvx"))
            inside = f"nsenter --net=/run/netns/{PREFIX}{node}"
            if kind == "lvx":
                words = (f"{inside} {HERE}/lvxd -f {path}.conf --bpffs /sys/fs/bpf/{PREFIX}{node} --socket {path}.sock"
                         f" --state-dir {path}.state --connections 4096")
            else:
                for rule in ("add table ip nat", "add chain ip nat pre { type nat hook prerouting priority -100 ; }",
                             "add rule ip nat pre ip daddr 192.168.88.23 tcp dport 80 dnat to 10.0.0.2"):
                    sh(f"{inside} nft '{rule}'")
                words = f"{inside} keepalived -n -l -P -f {path}.conf -p {path}.pid -r {path}.vrrp.pid"
            self.processes[node] = subprocess.Popen(words.split(), stdout=open(f"{path}.log", "w"), stderr=subprocess.STDOUT, start_new_session=True)
            if node == "left":
                wait(lambda: self.holds("left"), 20)
        wait(lambda: good(1.0), 20)
        time.sleep(3)  # the standby has heard its master for long enough

    def holds(self, node):
        return "192.168.88.23/" in subprocess.run(f"ip -n {PREFIX}{node} -br addr", shell=True, capture_output=True, text=True).stdout

    def kill(self, signal_number):
        os.killpg(self.processes["left"].pid, signal_number)

    def stop(self):
        for process in self.processes.values():
            try:
                os.killpg(process.pid, signal.SIGTERM)
                process.wait(5)
            except (ProcessLookupError, subprocess.TimeoutExpired):
                subprocess.run(["kill", "-9", f"-{process.pid}"], stderr=subprocess.DEVNULL)


def wait(condition, patience):
    end = time.monotonic() + patience
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError("the laboratory does not come up")
        time.sleep(0.02)


def good(patience):
    with socket.socket() as client:
        client.settimeout(patience)
        try:
            client.connect(("192.168.88.23", 80))
            client.sendall(b"HEAD / HTTP/1.0\r\n\r\n")
            return client.recv(64).startswith(b"HTTP")
        except OSError:
            return False


def links_down():
    sh(f"ip -n {PREFIX}outside link set pleft down; ip -n {PREFIX}inside link set pleft down")


FAULTS = {
    "links down": lambda pair: links_down(),
    "links down, kill -9": lambda pair: (pair.kill(signal.SIGKILL), links_down()),
    "wires gone": lambda pair: sh(f"ip -n {PREFIX}outside link del pleft; ip -n {PREFIX}inside link del pleft"),
    "orderly stop": lambda pair: pair.kill(signal.SIGTERM),
}


def measure(kind, interval, fault):
    folder = tempfile.mkdtemp(prefix="failover")
    build()
    pair = None
    try:
        server = subprocess.Popen(["nsenter", f"--net=/run/netns/{PREFIX}server", "python3", "-m", "http.server", "80", "--directory", folder],
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        enter("client")
        pair = Pair(kind, interval, folder)
        begin = time.monotonic()
        FAULTS[fault](pair)
        while not good(0.003):
            if time.monotonic() - begin > 20:
                return float("inf")
        return (time.monotonic() - begin) * 1000
    finally:
        if pair is not None:
            pair.stop()
        server.kill()
        server.wait()
        tear_down()
        shutil.rmtree(folder, ignore_errors=True)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--runs", type=int, default=5)
    arguments.add_argument("--interval", action="append", help="seconds between advertisements; default 0.01 and 1")
    arguments.add_argument("--fault", action="append", choices=list(FAULTS), help="default: all")
    options = arguments.parse_args()
    print(f"{'fault':<22} {'adverts':>8} {'lvx median':>12} {'worst':>8} {'keepalived':>12} {'worst':>8}   ms, {options.runs} runs each", flush=True)
    for interval in options.interval or ["0.01", "1"]:
        for fault in options.fault or FAULTS:
            row = f"{fault:<22} {interval + ' s':>8}"
            for kind in ("lvx", "keepalived"):
                times = [measure(kind, interval, fault) for _ in range(options.runs)]
                row += f" {statistics.median(times):>12.1f} {max(times):>8.1f}"
            print(row, flush=True)


if __name__ == "__main__":
    sys.exit(main())

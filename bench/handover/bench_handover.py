#!/usr/bin/env python3
"""How long clients wait when a director dies: pairs of lvx directors and of keepalived ones, in the same run.

    client 192.168.88.21 -- outside -- left, right (192.168.88.23) -- inside -- server 10.0.0.2, its gateway 10.0.0.1

Both addresses belong to one sync group; the pairs differ in the program alone.  The client opens a connection every
millisecond and fetches a page.  What is told is the time from the fault to the first answer after the standby announced the
address as its own; the fault happens in this process (an ioctl, a signal), so that starting a tool for it does not count.  "lvx fast" is a
pair of lvx that also watches by BFD (1 ms, multiplier 9).  keepalived's pair forwards by nftables' DNAT (this kernel may
have no IPVS), lvx's by its own data plane.

--reload measures something else: the longest time between two advertisements, heard by the client, while the master reloads
a configuration with 1,000 virtual addresses of which half change.
"""
import argparse
import ctypes
import errno
import fcntl
import os
import select
import shutil
import signal
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
PREFIX = f"fo{os.getpid()}"
NODES = ["client", "server", "left", "right", "outside", "inside"]
KINDS = ["lvx", "lvx fast", "keepalived"]
CLONE_NEWNET = 0x40000000
SIOCGIFFLAGS, SIOCSIFFLAGS, SIOCGIFINDEX, IFF_UP = 0x8913, 0x8914, 0x8933, 1
PACE = 0.001            # between two connections of the client
PATIENCE = 0.5          # a connection that has no answer by then is given up
PATIENT = 40            # seconds for a laboratory on a busy machine
AFTER = 100             # answers after the silence, before the run is over
VIRTUAL = ("192.168.88.23", 80)


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


def build(folder):
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
    with open(f"{folder}/nginx.conf", "w") as out:
        out.write(f"daemon off; master_process off; pid {folder}/nginx.pid; error_log /dev/null; events {{ }}\n"
                  f"http {{ access_log off; client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};\n"
                  f"uwsgi_temp_path {folder}; scgi_temp_path {folder}; server {{ listen 80 backlog=4096; return 200 page; }} }}\n")
    return subprocess.Popen(["nsenter", f"--net=/run/netns/{PREFIX}server", "nginx", "-e", "stderr", "-c", f"{folder}/nginx.conf"], stderr=subprocess.DEVNULL)


def tear_down():
    for node in NODES:
        subprocess.run(f"ip netns del {PREFIX}{node}", shell=True, stderr=subprocess.DEVNULL)
    for node in ("left", "right"):
        subprocess.run(f"rm -rf /sys/fs/bpf/{PREFIX}{node}", shell=True)


def configuration(kind, node, priority, interval, extra):
    text = "vrrp_sync_group VG {\n group {\n OUT\n IN\n }\n}\n"
    fast = "fast_peer other\n" if kind == "lvx fast" else ""
    if fast:
        other = 12 if node == "left" else 11
        text += f"bfd_instance other {{\n neighbor_ip 192.168.88.{other}\n min_tx 1\n min_rx 1\n multiplier 9\n}}\n"
    for name, device, vrid, address in (("OUT", "eth0", 51, "192.168.88.23/24"), ("IN", "eth1", 52, "10.0.0.1/24")):
        text += (f"vrrp_instance {name} {{\n state BACKUP\n interface {device}\n virtual_router_id {vrid}\n priority {priority}\n"
                 f" version 3\n advert_int {interval}\n {fast} virtual_ipaddress {{\n {address}\n }}\n")
        if name == "OUT" and extra:
            text += " virtual_ipaddress_excluded {\n" + "".join(f" {address}/32\n" for address in extra) + " }\n"
        text += "}\n"
    if kind != "keepalived":
        text += ("virtual_server 192.168.88.23 80 {\n lb_algo rr\n lb_kind NAT\n protocol TCP\n"
                 " real_server 10.0.0.2 80 {\n weight 1\n }\n}\n")
    return text


class Pair:
    def __init__(self, kind, interval, priorities, folder, extra=()):
        self.kind, self.interval, self.folder, self.processes = kind, interval, folder, {}
        self.priorities = dict(zip(("left", "right"), priorities))
        for node in self.priorities:
            self.write(node, extra)
            inside, path = f"nsenter --net=/run/netns/{PREFIX}{node}", f"{folder}/{node}"
            if kind == "keepalived":
                for rule in ("add table ip nat", "add chain ip nat pre { type nat hook prerouting priority -100 ; }",
                             "add rule ip nat pre ip daddr 192.168.88.23 tcp dport 80 dnat to 10.0.0.2"):
                    sh(f"{inside} nft '{rule}'")
                words = f"{inside} keepalived -n -l -P -f {path}.conf -p {path}.pid -r {path}.vrrp.pid"
            else:
                words = (f"{inside} {HERE}/lvxd -f {path}.conf --bpffs /sys/fs/bpf/{PREFIX}{node} --socket {path}.sock"
                         f" --state-dir {path}.state --connections 16384")
            self.processes[node] = subprocess.Popen(words.split(), stdout=open(f"{path}.log", "w"), stderr=subprocess.STDOUT, start_new_session=True)
            if node == "left":
                wait(lambda: self.holds("left"), PATIENT)

    def write(self, node, extra):
        with open(f"{self.folder}/{node}.conf", "w") as out:
            out.write(configuration(self.kind, node, self.priorities[node], self.interval, extra))

    def holds(self, node):
        return "192.168.88.23/" in subprocess.run(f"ip -n {PREFIX}{node} -br addr", shell=True, capture_output=True, text=True).stdout

    def is_ready(self):
        """The standby stands by, and both watch each other where they shall."""
        def said(node, words):
            with open(f"{self.folder}/{node}.log") as log:
                return words in log.read()
        return said("right", "Entering BACKUP STATE") and (self.kind != "lvx fast" or all(said(node, "Entering Up state") for node in self.priorities))

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


class Client(threading.Thread):
    """Opens connections, one every PACE, and keeps the times of answers.  Belongs to the namespace it is started in."""

    def __init__(self):
        super().__init__(daemon=True)
        self.answers, self.announced, self.ending = [], [], False
        self.ear = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0806))
        self.ear.bind(("eth0", 0x0806))
        self.start()

    def run(self):
        poll, tries, next_at = select.epoll(), {}, time.monotonic()
        poll.register(self.ear.fileno(), select.EPOLLIN)
        while not self.ending:
            now = time.monotonic()
            if now >= next_at:
                next_at = max(next_at + PACE, now)
                self.begin(poll, tries, now)
            for number, _ in poll.poll(0.001):
                if number == self.ear.fileno():
                    self.hear()
                else:
                    self.advance(poll, tries, number)

    def hear(self):
        frame = self.ear.recv(64)
        if frame[28:32] == socket.inet_aton(VIRTUAL[0]):
            self.announced.append((time.monotonic(), frame[22:28].hex(":")))

    @staticmethod
    def begin(poll, tries, now):
        for number in [number for number, each in tries.items() if each[1] + PATIENCE < now]:
            tries.pop(number)[0].close()
        one = socket.socket()
        one.setblocking(False)
        if one.connect_ex(VIRTUAL) not in (0, errno.EINPROGRESS):
            return one.close()
        tries[one.fileno()] = [one, now, False]
        poll.register(one.fileno(), select.EPOLLOUT)

    def advance(self, poll, tries, number):
        one = tries.get(number)
        if one is None:  # given up since it was told
            return None
        try:
            if not one[2]:
                one[0].sendall(b"GET / HTTP/1.0\r\n\r\n")
                one[2] = True
                return poll.modify(number, select.EPOLLIN)  # the answer comes next
            if one[0].recv(64).startswith(b"HTTP/1.1 200"):
                self.answers.append(time.monotonic())
        except OSError:
            pass
        tries.pop(number)[0].close()
        return None

    def since(self, begin):
        return [at for at in self.answers[-5000:] if at >= begin]

    def stop(self):
        self.ending = True
        self.join()


class Switch:
    """Sockets in a switch's namespace: what happens to a cable happens without starting a program."""

    def __init__(self, name):
        enter(name)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.netlink = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
        enter("client")

    def down(self, device):
        request = fcntl.ioctl(self.socket, SIOCGIFFLAGS, struct.pack("16sh14x", device.encode(), 0))
        flags = struct.unpack("16sh14x", request)[1] & ~IFF_UP
        fcntl.ioctl(self.socket, SIOCSIFFLAGS, struct.pack("16sh14x", device.encode(), flags))

    def remove(self, device):
        index = struct.unpack("16si12x", fcntl.ioctl(self.socket, SIOCGIFINDEX, struct.pack("16si12x", device.encode(), 0)))[1]
        self.netlink.send(struct.pack("=IHHIIBBHiII", 32, 17, 1, 1, 0, 0, 0, 0, index, 0, 0))  # RTM_DELLINK


def links_down(_, switches):
    for switch in switches:
        switch.down("pleft")


def killed_and_down(pair, switches):
    pair.kill(signal.SIGKILL)
    links_down(pair, switches)


def gone(pair, switches):
    pair.kill(signal.SIGKILL)
    for switch in switches:
        switch.remove("pleft")


FAULTS = {
    "links down": links_down,
    "links down, kill -9": killed_and_down,
    "namespace gone": gone,  # its programs, then its devices
    "orderly stop": lambda pair, _: pair.kill(signal.SIGTERM),
}


def silence_after(client, begin, right):
    """From `begin` to the first answer after the standby announced the address as its own, in ms; nothing yet."""
    told = [at for at, who in client.announced if at >= begin and who == right]
    times = client.since(told[0]) if told else []
    return (times[0] - begin) * 1000 if len(times) >= AFTER else None


def hardware_address(node):
    return subprocess.run(f"ip -n {PREFIX}{node} -br link show eth0", shell=True, capture_output=True, text=True, check=True).stdout.split()[2]


def laboratory(work):
    folder = tempfile.mkdtemp(prefix="handover")
    server = build(folder)
    try:
        enter("client")
        return work(folder)
    finally:
        server.kill()
        server.wait()
        tear_down()
        shutil.rmtree(folder, ignore_errors=True)


def measure(kind, interval, priorities, fault):
    def work(folder):
        pair = Pair(kind, interval, priorities, folder)
        client = Client()
        try:
            switches = [Switch(name) for name in ("outside", "inside")]
            wait(lambda: pair.is_ready() and len(client.answers) > AFTER, PATIENT)
            right = hardware_address("right")
            time.sleep(1 + 3 * float(interval))  # the standby has heard its master for long enough
            begin = time.monotonic()
            FAULTS[fault](pair, switches)
            while (silence := silence_after(client, begin, right)) is None:
                if time.monotonic() - begin > 20:
                    return float("inf")
                time.sleep(0.02)
            return silence
        finally:
            client.stop()
            pair.stop()
    return laboratory(work)


def reload_gap(kind, interval):
    """Longest time between two advertisements of VRID 51, in intervals, over a reload that changes 500 of 1,000 addresses."""
    first = [f"10.10.{i // 250}.{i % 250 + 1}" for i in range(1000)]
    second = [f"10.11.{i // 250}.{i % 250 + 1}" for i in range(500)] + first[500:]

    def work(folder):
        pair = Pair(kind, interval, (200, 199), folder, first)
        try:
            count = lambda words: int(subprocess.run(f"ip -n {PREFIX}left addr | grep -c 'inet 10.1[{words}]\\.'", shell=True, capture_output=True, text=True).stdout)
            wait(lambda: count("01") == 1000, 30)
            time.sleep(2)
            ear = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(0x0800))
            ear.setsockopt(socket.SOL_SOCKET, 35, 1)  # SO_TIMESTAMPNS
            ear.settimeout(0.05)
            times, begin, changed = [], time.monotonic(), None
            pair.write("left", second)
            pair.kill(signal.SIGHUP)
            while changed is None or time.monotonic() < changed + 1:
                try:
                    data, extra, _, _ = ear.recvmsg(256, 256)
                except TimeoutError:
                    data = b""
                if len(data) > 22 and data[9] == 112 and data[21] == 51:
                    seconds, nanoseconds = struct.unpack("qq", extra[0][2][:16])
                    times.append(seconds + nanoseconds / 1e9)
                if changed is None and (time.monotonic() > begin + 20 or len(times) % 10 == 9 and count("1") == 500 and count("01") == 1000):
                    changed = time.monotonic()
            return max(after - before for before, after in zip(times, times[1:])) / float(interval)
        finally:
            pair.stop()
    return laboratory(work)


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # tidies up on its way
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--runs", type=int, default=5)
    arguments.add_argument("--interval", action="append", help="seconds between advertisements; default 0.01 and 1")
    arguments.add_argument("--fault", action="append", choices=list(FAULTS), help="default: all")
    arguments.add_argument("--kind", action="append", choices=KINDS, help="default: all")
    arguments.add_argument("--priorities", default="200,199", help="of the master and of the standby, for all pairs alike")
    arguments.add_argument("--reload", action="store_true")
    options = arguments.parse_args()
    kinds = options.kind or KINDS
    priorities = [int(word) for word in options.priorities.split(",")]
    if options.reload:
        for kind in [each for each in kinds if each != "lvx fast"]:
            gaps = [reload_gap(kind, "0.1") for _ in range(options.runs)]
            print(f"{kind:<12} longest time between advertisements over a reload: {max(gaps):.2f} intervals of 100 ms, median {statistics.median(gaps):.2f}", flush=True)
        return
    print(f"ms from the fault to the first answer; {options.runs} runs each, priorities {options.priorities}")
    print(f"{'fault':<22} {'adverts':>8}" + "".join(f" {kind + ' median':>18} {'worst':>8}" for kind in kinds), flush=True)
    for interval in options.interval or ["0.01", "1"]:
        for fault in options.fault or FAULTS:
            row = f"{fault:<22} {interval + ' s':>8}"
            for kind in kinds:
                times = [measure(kind, interval, priorities, fault) for _ in range(options.runs)]
                row += f" {statistics.median(times):>18.1f} {max(times):>8.1f}"
            print(row, flush=True)


if __name__ == "__main__":
    sys.exit(main())

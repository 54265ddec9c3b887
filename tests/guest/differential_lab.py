"""Two equal labs of namespaces, one before the kernel's IPVS and one before lvxd, and clients that say which server they met."""
import ctypes, ipaddress, os, selectors, socket, subprocess, threading, time

CLIENTS = [f"192.168.88.{last}" for last in [21, 22] + list(range(24, 37))]
PATIENCE = 5.0  # seconds until an answer is taken for none: the guest's CPU is emulated
libc = ctypes.CDLL(None, use_errno=True)


def ip(words):
    subprocess.run(["ip", *words.split()], check=True)


def settled():
    """Until the kernel has added up its counters, which it does each two seconds."""
    time.sleep(4.5)


class Lab:
    """client ── director ── servers; namespaces NAMEc, NAMEd, NAMEs."""

    def __init__(self, name):
        self.name, self.held = name, []
        for node in "cds":
            ip(f"netns add {name}{node}")
            ip(f"-n {name}{node} link set lo up")
        self.cable("c", "d", "c0"), self.cable("s", "d", "s0")
        self.address("d", "c0", "192.168.88.1/24"), self.address("d", "c0", "192.168.88.23/24"), self.address("d", "s0", "10.0.0.1/24")
        self.address("d", "c0", "fd00:88::23/64"), self.address("d", "s0", "fd00:10::1/64")
        for client in CLIENTS:
            self.address("c", "eth0", client + "/24")
        self.address("c", "eth0", "fd00:88::21/64")
        for last in range(2, 8):
            self.address("s", "eth0", f"10.0.0.{last}/24"), self.address("s", "eth0", f"fd00:10::{last}/64")
        ip(f"-n {name}s route add default via 10.0.0.1")
        ip(f"-n {name}s -6 route add default via fd00:10::1")
        subprocess.run(["ip", "netns", "exec", f"{name}d", "sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1"], check=True)
        Servers(self)
        for last in range(2, 8):
            for family, server in ((socket.AF_INET, f"10.0.0.{last}"), (socket.AF_INET6, f"fd00:10::{last}")):
                with self.socket("d", family, socket.SOCK_STREAM) as neighbour:
                    neighbour.connect((server, 80))

    def cable(self, node, director, there):
        ip(f"link add eth0 netns {self.name}{node} type veth peer name {there} netns {self.name}{director}")
        ip(f"-n {self.name}{node} link set eth0 up")
        ip(f"-n {self.name}{director} link set {there} up")

    def address(self, node, device, address):
        ip(f"-n {self.name}{node} addr add {address} dev {device}" + (" nodad" if ":" in address else ""))

    def socket(self, node, *kind):
        """A socket of that namespace, made in this thread, which returns to its own."""
        with open("/proc/thread-self/ns/net") as home, open(f"/run/netns/{self.name}{node}") as there:
            if libc.setns(there.fileno(), 0) != 0:
                raise OSError(ctypes.get_errno(), "setns")
            try:
                return socket.socket(*kind)
            finally:
                libc.setns(home.fileno(), 0)

    def meet(self, service, client, port, held):
        """The server's own words, or the error's name when there is none.  A TCP connection stays open when held."""
        letter, place = service.split()
        host, number = place.rsplit(":", 1)
        target = ipaddress.ip_address(host.strip("[]"))
        family = socket.AF_INET if target.version == 4 else socket.AF_INET6
        end = self.socket("c", family, socket.SOCK_STREAM if letter == "-t" else socket.SOCK_DGRAM)
        end.settimeout(PATIENCE)
        end.bind((client if target.version == 4 else "fd00:88::21", port))
        try:
            end.connect((str(target), int(number)))
            end.send(b"?" if held else b"!")
            said = end.recv(100).decode()
            if letter == "-t" and not held:
                assert end.recv(1) == b""
        except OSError as fault:
            said, held = type(fault).__name__, False
        if held:
            self.held.append(end)
        else:
            end.close()
        return said


class Servers(threading.Thread):
    """Every server's services: TCP 80 and 8080, UDP 53.  Answers its own address; "!" ends the connection from its side."""

    def __init__(self, lab):
        super().__init__(daemon=True)
        self.ready = selectors.DefaultSelector()
        for host in [f"10.0.0.{last}" for last in range(2, 8)] + [f"fd00:10::{last}" for last in range(2, 8)]:
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            for port in (80, 8080):
                self.listen(lab.socket("s", family, socket.SOCK_STREAM), host, port, self.take)
            self.listen(lab.socket("s", family, socket.SOCK_DGRAM), host, 53, self.datagram)
        self.start()

    def listen(self, end, host, port, action):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        end.bind((host, port))
        if action == self.take:
            end.listen(64)
        self.ready.register(end, selectors.EVENT_READ, action)

    def take(self, end):
        self.ready.register(end.accept()[0], selectors.EVENT_READ, self.talk)

    def datagram(self, end):
        _, sender = end.recvfrom(100)
        end.sendto(b"%s udp" % end.getsockname()[0].encode(), sender)

    def talk(self, end):
        try:
            asked = end.recv(100)
            if asked:
                host, port = end.getsockname()[:2]
                end.send(f"{host} {port}".encode())
        except OSError:
            asked = b""
        if asked != b"?":
            self.ready.unregister(end)
            end.close()

    def run(self):
        while True:
            for key, _ in self.ready.select():
                key.data(key.fileobj)


class KernelDirector:
    program, environment = "/usr/sbin/ipvsadm", os.environ

    def __init__(self, lab):
        self.lab = lab

    def ipvsadm(self, words):
        done = subprocess.run(["ip", "netns", "exec", self.lab.name + "d", self.program, *words.split()], capture_output=True, text=True, env=self.environment)
        return done.returncode, done.stdout, done.stderr


class LvxDirector(KernelDirector):
    def __init__(self, lab, programs):
        super().__init__(lab)
        os.makedirs("/run/differential", exist_ok=True)
        self.program = "/run/differential/ipvsadm"
        os.symlink(programs / "lvx", self.program)
        self.environment = {**os.environ, "LVX_SOCKET": "/run/differential/api.sock"}
        with open("/run/differential/log", "w") as log:
            self.daemon = subprocess.Popen(["ip", "netns", "exec", lab.name + "d", programs / "lvxd", "--instance", "differential", "--socket", "/run/differential/api.sock",
                                            "--state-dir", "/run/differential/state", "--connections", "65536"], stdout=log, stderr=log)
        for _ in range(300):
            if self.ipvsadm("-L -n")[0] == 0:
                return
            time.sleep(0.2)
        with open("/run/differential/log") as log:
            raise SystemExit("lvxd does not answer:\n" + log.read())

    def stop(self):
        self.daemon.terminate()
        self.daemon.wait()

"""The same ipvsadm commands and the same clients before kernel IPVS and before lvx: what they print, their exit status, the
server that each connection meets and the listings must be the same.  Runs as root inside the guest; differential.sh starts it.

    differential.py PROGRAM_DIRECTORY SEED STEPS

Two labs of namespaces with equal addresses, K (the kernel's IPVS) and L (lvxd):

    client 192.168.88.21-36 ── director .23, 10.0.0.1 ── servers 10.0.0.2-7 (one namespace; each says its own address)
"""
import random, re, sys
from difflib import unified_diff
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from differential_lab import CLIENTS, Lab, KernelDirector, LvxDirector, settled  # noqa: E402

SCHEDULERS = ("rr", "wrr", "lc", "wlc", "sh", "mh")
FLAGS = {"sh": ("", "-b sh-port", "-b sh-fallback", "-b sh-port,sh-fallback"), "mh": ("", "-b mh-port", "-b mh-fallback")}
SERVICES = ("-t 192.168.88.23:80", "-t 192.168.88.23:8080", "-u 192.168.88.23:53", "-t [fd00:88::23]:80")
WEIGHTS = (0, 1, 1, 1, 2, 3, 5, 10, 100, 65535)


class Story:
    """Random commands; it remembers what was set up, so that most of them are good ones."""

    def __init__(self, seed):
        self.dice = random.Random(seed)
        self.services, self.removed = {}, False

    def scheduler(self):
        name = self.dice.choice(SCHEDULERS)
        return f"-s {name} {self.dice.choice(FLAGS.get(name, ('',)))}".strip()

    def service(self, service):
        """What -A and -E take: a scheduler, and persistence for two of five."""
        words = self.scheduler()
        if self.dice.random() < 0.4:
            words += f" -p {self.dice.choice((60, 300, 1000))}"
            if self.dice.random() < 0.4:
                words += " -M 120" if "[" in service else self.dice.choice((" -M 255.255.255.0", " -M 255.255.255.252"))
        return words

    def server(self, service):
        last = self.dice.randint(2, 7)
        return f"[fd00:10::{last}]:80" if "[" in service else f"10.0.0.{last}" + (":8080" if "8080" in service and last % 2 else "")

    def limits(self):
        if self.dice.random() < 0.85:
            return ""
        upper = self.dice.randint(1, 4)
        return f" -x {upper} -y {self.dice.randint(0, upper)}"

    def command(self):
        known = bool(self.services) and self.dice.random() < 0.85
        service = self.dice.choice(list(self.services) if known else SERVICES)
        servers = self.services.get(service, set())
        roll = self.dice.random()
        if service not in self.services and roll < 0.8:
            self.services[service] = set()
            return f"-A {service} {self.service(service)}"
        if roll < 0.08:
            self.services.pop(service, None)
            self.removed = True
            return f"-D {service}"
        if roll < 0.2:
            return f"-E {service} {self.service(service)}"
        if roll < 0.3 and servers:
            gone = self.dice.choice(sorted(servers))
            servers.discard(gone)
            self.removed = True
            return f"-d {service} -r {gone}"
        weight = f"-w {self.dice.choice(WEIGHTS)}"
        if roll < 0.5 and servers:
            return f"-e {service} -r {self.dice.choice(sorted(servers))} -m {weight}{self.limits()}"
        server = self.server(service)
        servers.add(server)
        return f"-a {service} -r {server} -m {weight}{self.limits()}"


def normal(text):
    """Without what may differ: the size of the table, the time that a connection has left, the kernel's ASSURED for a
    template (lvx says NONE, ARCHITECTURE.md), and templates it made invalid by ports of 65535 (lvx replaces them at once)."""
    text = text.replace(" ASSURED  ", " NONE     ")
    text = re.sub(r"^.*:65535 .*\n", "", text, flags=re.M)
    text = re.sub(r"\(size=\d+\)", "(size=N)", text)
    return re.sub(r"^(TCP|UDP)( +)\d\d:\d\d", r"\1\2MM:SS", text, flags=re.M)


def countable(text):
    """Of TCP the connections alone: how many of its acknowledgements stand by themselves is a matter of time."""
    kept, tcp = [], False
    for line in text.splitlines():
        tcp = line.startswith("TCP") or (tcp and line.startswith("  ->"))
        kept.append(" ".join(line.split()[:3]) if tcp else line)
    return "\n".join(kept)


def lines(text, in_order):
    text = normal(text).splitlines(keepends=True)
    return text if in_order else sorted(text)


class Comparison:
    def __init__(self, kernel, lvx):
        self.sides = (kernel, lvx)
        self.wrong = self.compared = 0

    def same(self, what, kernel, lvx):
        self.compared += 1
        if kernel == lvx:
            return
        self.wrong += 1
        print(f"FAIL  {what}")
        if isinstance(kernel, str):
            kernel, lvx = kernel.splitlines(keepends=True), lvx.splitlines(keepends=True)
        sys.stdout.writelines("      " + line.rstrip("\n") + "\n" for line in unified_diff(list(map(str, kernel)), list(map(str, lvx)), "kernel", "lvx", n=1))

    def command(self, words):
        kernel, lvx = (side.ipvsadm(words) for side in self.sides)
        self.same(f"ipvsadm {words}", kernel, lvx)

    def listing(self, words, in_order=True, of=str):
        kernel, lvx = (side.ipvsadm(words) for side in self.sides)
        self.same(f"status of ipvsadm {words}", kernel[0], lvx[0])
        self.same(f"ipvsadm {words}", lines(of(kernel[1]), in_order), lines(of(lvx[1]), in_order))

    def choice(self, service, client, port, held):
        kernel, lvx = (side.lab.meet(service, client, port, held) for side in self.sides)
        self.same(f"server of {service} for {client}:{port}", kernel, lvx)


def run(comparison, seed, steps):
    story, port = Story(seed), 20000
    for step in range(steps):
        command = story.command()
        if command.startswith("-D"):
            settled()  # the kernel zeroes a server that comes back to a new service by what it had added up until now
        comparison.command(command)
        if step % 4 != 3:
            continue
        for service in sorted(story.services):
            for _ in range(6):
                port += 1
                comparison.choice(service, story.dice.choice(CLIENTS), port, held=story.dice.random() < 0.4)
        for words in ("-L -n", "-S -n", "-L -n --thresholds", "-L -n --sort"):
            comparison.listing(words)
        if not story.removed:
            comparison.listing("-L -n --persistent-conn")  # the kernel's count goes on with templates of a server that was removed
    comparison.listing("-L -n -c", in_order=False)
    settled()
    comparison.listing("-L -n --stats --exact", of=countable)
    comparison.command("-Z")
    comparison.command("-C")
    comparison.listing("-L -n")


def main():
    programs, seed, steps = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    kernel, lvx = KernelDirector(Lab("K")), LvxDirector(Lab("L"), programs)
    comparison = Comparison(kernel, lvx)
    try:
        run(comparison, seed, steps)
    finally:
        lvx.stop()
    print(f"{'FAIL ' if comparison.wrong else 'ok   '} seed {seed}: {comparison.compared} comparisons, {comparison.wrong} differ")
    return 1 if comparison.wrong or comparison.compared < steps else 0


sys.exit(main())

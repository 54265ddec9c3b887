"""The two ends around a kernel director: `serve` echoes on 8080 (TCP and UDP, both families), `ask` holds connections
that each carry a few bytes, long enough for the director to tell them."""
import socket, sys, time

if sys.argv[1] == "serve":
    import select
    tcp = socket.create_server(("::", 8080), family=socket.AF_INET6, dualstack_ipv6=True, backlog=64)
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind(("", 8080))
    taken = []
    while True:
        for ready in select.select([tcp, udp] + taken, [], [])[0]:
            if ready is tcp:
                taken.append(tcp.accept()[0])
            elif ready is udp:
                data, sender = udp.recvfrom(100)
                udp.sendto(data, sender)
            else:
                data = ready.recv(100)
                if data:
                    ready.send(data)
                else:
                    taken.remove(ready)
                    ready.close()

def patiently(attempt):
    for _ in range(50):
        try:
            return attempt()
        except OSError:
            time.sleep(0.2)
    raise SystemExit("no way to the servers")

held = [patiently(lambda end=end: socket.create_connection(end, timeout=3)) for end in
        (("192.0.2.1", 80), ("192.0.2.1", 443), ("192.0.2.9", 8080), ("2001:db8::2", 80))]
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
udp.settimeout(3)
for _ in range(5):
    for one in held:
        one.send(b"x")
        assert one.recv(10) == b"x"
    udp.sendto(b"x", ("192.0.2.2", 53))
    udp.recv(10)
closing = patiently(lambda: socket.create_connection(("192.0.2.1", 81), timeout=3))
closing.send(b"x")
closing.recv(10)
closing.close()
time.sleep(3)

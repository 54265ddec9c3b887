#!/usr/bin/env bash
# lvx's end of the kernel's synchronisation protocol against a real kernel's, both ways, over a tap.  Root, qemu, ipvsadm.
#   kernel_sync.sh PROGRAM_DIRECTORY          about a minute
set -euo pipefail
programs=$(readlink -f "$1")
here=$(dirname "$(readlink -f "$0")")
ns=lvx-guest-$$
results=$(mktemp -d)
cleanup() { ip netns del "$ns" 2> /dev/null || true; rm -rf "$results"; }
trap cleanup EXIT

ip netns add "$ns"
ip -n "$ns" tuntap add t0 mode tap
ip -n "$ns" addr add 10.99.0.1/24 dev t0
ip -n "$ns" link set t0 up
inside() { nsenter --net="/run/netns/$ns" "$@"; }
guest() { inside "$here/vm-run" --mem 1024 --timeout 240 --modules "virtio_net ip_vs" --nic tap=t0 -- sh "$here/kernel_side.sh" "$@"; }

failed=0
expect() { # FILE PATTERN MEANING
    if grep -Eq "$2" "$1"; then echo "ok    $3"; else echo "FAIL  $3: no line like $2 in"; sed 's/^/      /' "$1"; failed=1; fi
}

echo "== lvx is master, the kernel backup"
inside "$programs/kernel_sync_peer" master t0 7 60 > "$results/peer" &
peer=$!
guest backup 40 > "$results/kernel"
kill $peer 2> /dev/null || true
wait $peer 2> /dev/null || true
expect "$results/kernel" 'TCP .* CLOSE_WAIT +198.51.100.7:40000 +192.0.2.1:80 +10.0.0.1:8080' "a connection that was established, then closing"
expect "$results/kernel" 'TCP 1[45]:.* ESTABLISHED 198.51.100.8:40000 +192.0.2.1:81 +10.0.0.1:8080' "TCP over IPv4 with its timeout"
expect "$results/kernel" 'TCP 0[45]:.* (NONE|ASSURED) +198.51.100.8:0 +192.0.2.1:81 +10.0.0.1:8080' "a template with its service's time"
expect "$results/kernel" 'UDP .* UDP +198.51.100.9:40000 +192.0.2.2:53 +10.0.0.1:8080' "UDP"
expect "$results/kernel" 'TCP .* ESTABLISHED \[2001:db8:c::7\]:40000 +\[2001:db8::2\]:80 +\[2001:db8:1::1\]:8080' "TCP over IPv6"
expect "$results/kernel" 'TCP .* ESTABLISHED 198.51.100.10:40000 +192.0.2.9:8080 +10.0.0.1:8080' "TCP of a firewall mark"
expect "$results/kernel" 'IP +0[45]:.* (NONE|ASSURED) +198.51.100.10:0 +0.0.0.5:0 +10.0.0.1:0' "its client's template, the mark's"

echo "== the kernel is master, lvx backup"
inside "$programs/kernel_sync_peer" backup t0 7 90 > "$results/peer" &
peer=$!
guest master 30 > "$results/kernel"
wait $peer
expect "$results/peer" '^connection 198.51.100.7:[0-9]+ 192.0.2.1:80 10.0.0.1:8080 [1-7]$' "TCP over IPv4"
expect "$results/peer" '^connection 2001:db8:c::7|^connection \[2001:db8:c::7\]:[0-9]+ \[2001:db8::2\]:80' "TCP over IPv6"
expect "$results/peer" '^connection 198.51.100.7:[0-9]+ 192.0.2.2:53 10.0.0.1:8080 11$' "UDP"
expect "$results/peer" '^connection 198.51.100.7:[0-9]+ 192.0.2.1:81 10.0.0.1:8080 [4-7]$' "one that closes"
expect "$results/peer" '^connection 198.51.100.7:0 192.0.2.1:81 10.0.0.1:8080 12$' "a template"
expect "$results/peer" '^connection 198.51.100.7:[0-9]+ 192.0.2.9:8080 10.0.0.1:8080 [1-7]$' "TCP of a firewall mark"
expect "$results/peer" '^connection 198.51.100.7:0 0.0.0.5:0 10.0.0.1:0 12$' "its client's template, the mark's"
expect "$results/peer" '^kept_out no_service [1-9]' "connections of a service that is not here, kept out by name"
if grep -q '^fault' "$results/peer"; then echo "FAIL  faults:"; grep '^fault' "$results/peer"; failed=1; fi
exit $failed

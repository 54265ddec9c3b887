#!/bin/sh
# Inside the guest: a kernel IPVS as one end of its synchronisation protocol.  kernel_side.sh master|backup SECONDS
#   eth0 10.99.0.2 to the other end;  as master: namespaces c (client) and s (servers) around this director
set -e
role=$1 seconds=$2
ip addr add 10.99.0.2/24 dev eth0
ip link set eth0 up
ip route add 224.0.0.0/4 dev eth0
ipvsadm -A -t 192.0.2.1:80 -s rr;   ipvsadm -a -t 192.0.2.1:80 -r 10.0.0.1:8080 -m
ipvsadm -A -t 192.0.2.1:81 -s rr -p 300; ipvsadm -a -t 192.0.2.1:81 -r 10.0.0.1:8080 -m
ipvsadm -A -u 192.0.2.2:53 -s rr;   ipvsadm -a -u 192.0.2.2:53 -r 10.0.0.1:8080 -m
ipvsadm -A -t '[2001:db8::2]:80' -s rr; ipvsadm -a -t '[2001:db8::2]:80' -r '[2001:db8:1::1]:8080' -m
ipvsadm -A -f 5 -s rr -p 300;       ipvsadm -a -f 5 -r 10.0.0.1:0 -m
if [ "$role" = backup ]; then
    ipvsadm --start-daemon backup --mcast-interface eth0 --syncid 7
    for i in $(seq "$seconds"); do
        sleep 1
        [ "$(ipvsadm -Lnc | grep -c 40000)" -ge 5 ] && ipvsadm -Lnc | grep -q 198.51.100.8:0 && ipvsadm -Lnc | grep -q 0.0.0.5:0 && ipvsadm -Lnc | grep -q CLOSE_WAIT && break
    done
    ipvsadm -Lnc
    exit 0
fi

ipvsadm -A -t 192.0.2.1:443 -s rr -p 60; ipvsadm -a -t 192.0.2.1:443 -r 10.0.0.1:8080 -m
sysctl -q net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 net.ipv4.vs.sync_threshold='0 1'
for ns in c s; do
    ip netns add $ns
    ip link add v$ns type veth peer name eth0 netns $ns
    ip link set v$ns up; ip -n $ns link set eth0 up; ip -n $ns link set lo up
done
ip addr add 198.51.100.1/24 dev vc; ip -n c addr add 198.51.100.7/24 dev eth0
ip addr add 2001:db8:c::1/64 dev vc nodad; ip -n c addr add 2001:db8:c::7/64 dev eth0 nodad
ip addr add 10.0.0.254/24 dev vs; ip -n s addr add 10.0.0.1/24 dev eth0
ip addr add 2001:db8:1::ff/64 dev vs nodad; ip -n s addr add 2001:db8:1::1/64 dev eth0 nodad
for address in 192.0.2.1 192.0.2.2 192.0.2.9; do ip addr add $address/32 dev lo; done
ip addr add 2001:db8::2/128 dev lo
ip -n c route add default via 198.51.100.1; ip -n c -6 route add default via 2001:db8:c::1
ip -n s route add default via 10.0.0.254; ip -n s -6 route add default via 2001:db8:1::ff
iptables -t mangle -A PREROUTING -d 192.0.2.9 -j MARK --set-mark 5 2>/dev/null ||
    { nft add table ip m; nft add chain ip m p '{ type filter hook prerouting priority -150; }'; nft add rule ip m p ip daddr 192.0.2.9 meta mark set 5; }
ipvsadm --start-daemon master --mcast-interface eth0 --syncid 7
ip netns exec s python3 "$(dirname "$0")/ends.py" serve &
ip netns exec c python3 "$(dirname "$0")/ends.py" ask
ipvsadm -Lnc
sleep 4

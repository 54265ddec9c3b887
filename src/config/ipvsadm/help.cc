#include "config/ipvsadm/command.hh"

namespace lvx::config::ipvsadm {

std::string_view help_text() {
    return R"(ipvsadm of lvx: the virtual server table of the running director

  ipvsadm -A|-E SERVICE [-s SCHEDULER] [-p [SECONDS]] [-M MASK] [--pe ENGINE] [-b FLAGS] [-o]
  ipvsadm -D SERVICE
  ipvsadm -a|-e SERVICE -r SERVER [-g|-i|-m] [-w WEIGHT] [-x UPPER] [-y LOWER] [TUNNEL]
  ipvsadm -d SERVICE -r SERVER
  ipvsadm -L|-l [SERVICE | -c | --timeout | --daemon] [COLUMNS] [-n]
  ipvsadm -Z [SERVICE]
  ipvsadm -C
  ipvsadm -S [-n]
  ipvsadm -R
  ipvsadm --set TCP TCPFIN UDP
  ipvsadm --start-daemon master|backup [DAEMON]
  ipvsadm --stop-daemon master|backup
  ipvsadm -h | -v

The first word is the command:
  -A, --add-service      a new virtual service          -a, --add-server     a new real server of it
  -E, --edit-service     replaces its settings          -e, --edit-server    replaces its settings
  -D, --delete-service   without its servers' say       -d, --delete-server  takes it out
  -L, -l, --list         shows the table                -Z, --zero           sets counters to zero
  -C, --clear            empties the table              --set                timeouts in seconds, 0 keeps one
  -S, --save             prints the table as commands   -R, --restore        reads such lines from standard input

SERVICE
  -t, --tcp-service HOST[:PORT]   -u, --udp-service HOST[:PORT]   --sctp-service HOST[:PORT]
  -f, --fwmark-service MARK       with -6, --ipv6 after it for IPv6

Settings of a service
  -s, --scheduler NAME      rr wrr lc wlc sh mh; wlc if not given
  -b, --sched-flags FLAGS   sh-fallback sh-port, mh-fallback mh-port, flag-1 flag-2 flag-3, with commas
  -p, --persistent [S]      a client keeps its server for S seconds, 360 if not given
  -M, --netmask MASK        clients of one network count as one; a prefix length for IPv6
  --pe ENGINE               what names a client instead of its address: sip
  -o, --ops                 every datagram is scheduled anew

Settings of a server
  -r, --real-server HOST[:PORT]
  -g, --gatewaying          direct routing, if nothing else is given
  -i, --ipip                tunnel: --tun-type ipip|gue|gre, --tun-port PORT, --tun-nocsum, --tun-csum, --tun-remcsum
  -m, --masquerading        NAT
  -w, --weight N            1 if not given, 0 for no new connections
  -x, --u-threshold N       takes no more than N connections     -y, --l-threshold N   until it has less than N

Lists
  --stats --rate --thresholds --persistent-conn --tun-info      other columns
  -c, --connection          connections instead of services
  -n, --numeric             no names      -X, --exact   no K, M, G      --nosort   in the table's own order

DAEMON
  --syncid N --mcast-interface NAME --mcast-group ADDRESS --mcast-port PORT --mcast-ttl N --sync-maxlen BYTES
)";
}

// Scripts look at this line to tell versions apart, hence the real tool's.
std::string_view version_text() { return "ipvsadm v1.31 2019/12/24 (compiled with popt and IPVS v1.2.1)\n"; }

}  // namespace lvx::config::ipvsadm

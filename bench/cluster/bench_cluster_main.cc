#include <fmt/format.h>
#include "generator.hh"
using namespace lvx;
int main() {
    lab::Topology t{.nodes = {
      {.name="client", .devices={{.name="eth0",.wire="a",.addresses={lab::prefix("192.168.88.21/24")}}}, .routes={{lab::prefix("10.0.0.0/24"), lab::address("192.168.88.23")}}},
      {.name="director", .kind=lab::NodeKind::router, .devices={{.name="eth0",.wire="a",.addresses={lab::prefix("192.168.88.23/24")}},{.name="eth1",.wire="b",.addresses={lab::prefix("10.0.0.1/24")}}}},
      {.name="server", .devices={{.name="eth0",.wire="b",.addresses={lab::prefix("10.0.0.2/24")}}}, .routes={{lab::prefix("0.0.0.0/0"), lab::address("10.0.0.1")}}}}};
    auto lab = lab::Lab::build(lab::Lab::unique_name("bench"), t);
    if (!lab) { fmt::print("{}\n", lab.error().sentence()); return 1; }
    auto warm = lab->run("director", lab::shell("ping -c1 10.0.0.2 || true; sysctl -w net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.eth0.rp_filter=0; ip route add 10.100.0.0/16 via 192.168.88.21"), lab::Milliseconds(5000));
    fmt::print("{}{}\n", warm->out, warm->err);
    for (auto flows : {1000ul, 100000ul, 1ul<<24}) {
      bench::Blast b{.flows=flows, .packets=3000000, .seconds=2, .target={lab::address("10.0.0.2"), 9}};
      auto x = bench::blast_through_bare_forward(*lab, b);
      if (!x) fmt::print("{}\n", x.error().sentence()); else fmt::print("bare {} {} {:.3f} Mpps\n", x->sent, x->arrived, x->mpps());
      x = bench::blast(*lab, b);
      if (!x) fmt::print("{}\n", x.error().sentence()); else fmt::print("plain {} {} {:.3f} Mpps\n", x->sent, x->arrived, x->mpps());
    }
}

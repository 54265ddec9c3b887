#include "generator.hh"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <numeric>
#include <utility>
#include <vector>

#include "bench_traffic.skel.h"
#include "lab/namespace.hh"
#include "net/links_driver.hh"
#include "net/offload_driver.hh"

namespace lvx::bench {
namespace {

using Mac = std::array<std::uint8_t, 6>;

constexpr std::uint32_t batch = 64;             // frames the kernel makes at a time
constexpr std::uint32_t first_client = 10u << 24 | 100u << 16 | 1;  // 10.100.0.1
enum Counter : std::uint32_t { counter_made, counter_arrived, counter_first, counter_last, counter_stamped };

struct Skeleton {
    struct Destroy {
        void operator()(bench_traffic_bpf* skeleton) const { bench_traffic_bpf::destroy(skeleton); }
    };
    using Pointer = std::unique_ptr<bench_traffic_bpf, Destroy>;
};

struct Station {
    std::uint32_t ifindex = 0;
    Mac mac{};
};

Result<Station> station(const lab::Lab& lab, std::string_view node, const std::string& device) {
    Station result;
    TRY(lab::inside(lab.namespace_of(node), [&]() -> Result<void> {
        result.ifindex = TRY(net::index_of(device));
        const Fd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
        ifreq request{};
        std::memcpy(request.ifr_name, device.c_str(), std::min(device.size(), sizeof request.ifr_name - 1));
        if (ioctl(socket.get(), SIOCGIFHWADDR, &request) != 0) return refusal("cannot read the MAC of " + device, errno);
        std::memcpy(result.mac.data(), request.ifr_hwaddr.sa_data, result.mac.size());
        return {};
    }));
    return result;
}

struct Settings {
    Station out;
    Mac target_mac{};
    Blast blast;
};

Result<Skeleton::Pointer> load(const Settings& settings) {
    Skeleton::Pointer skeleton(bench_traffic_bpf::open());
    if (!skeleton) return refusal("cannot open the bench's programs", errno);
    auto& rodata = *skeleton->rodata;
    rodata.out_ifindex = settings.out.ifindex;
    std::ranges::copy(settings.out.mac, std::begin(rodata.source_mac));
    std::ranges::copy(settings.target_mac, std::begin(rodata.target_mac));
    rodata.client_network = first_client;
    rodata.target_address = settings.blast.target.address.v4_value();
    rodata.target_port = settings.blast.target.port;
    rodata.flow_count = settings.blast.flows;
    if (const int code = bench_traffic_bpf::load(skeleton.get()); code != 0) {
        return refusal("cannot load the bench's programs", -code);
    }
    return skeleton;
}

// Attached until it goes.
class Attached {
 public:
    static Result<Attached> attach(const lab::Lab& lab, std::string_view node, std::uint32_t ifindex, bpf_program* program) {
        bpf_link* link = nullptr;
        TRY(lab::inside(lab.namespace_of(node), [&]() -> Result<void> {
            link = bpf_program__attach_xdp(program, static_cast<int>(ifindex));
            if (link == nullptr) return refusal("cannot attach an XDP program in " + std::string(node), errno);
            return {};
        }));
        return Attached(link);
    }
    Attached(Attached&& other) noexcept : link_(std::exchange(other.link_, nullptr)) {}
    Attached& operator=(Attached&&) = delete;
    ~Attached() { bpf_link__destroy(link_); }

 private:
    explicit Attached(bpf_link* link) : link_(link) {}
    bpf_link* link_;
};

std::uint64_t count(const bench_traffic_bpf& skeleton, std::uint32_t which) {
    std::vector<std::uint64_t> per_cpu(static_cast<std::size_t>(libbpf_num_possible_cpus()));
    bpf_map__lookup_elem(skeleton.maps.counters, &which, sizeof which, per_cpu.data(), per_cpu.size() * 8, 0);
    return std::accumulate(per_cpu.begin(), per_cpu.end(), std::uint64_t{0});
}

// Frames leave by the sender's device, so the sending thread must be where that device is.
Result<void> send_frames(int program, std::uint32_t frames, std::uint32_t ifindex) {
    std::array<char, 60> frame{};
    xdp_md context{};
    context.data_end = frame.size();
    context.ingress_ifindex = ifindex;
    LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame.data(), .data_size_in = frame.size(), .ctx_in = &context,
                .ctx_size_in = sizeof context, .repeat = static_cast<int>(frames), .flags = BPF_F_TEST_XDP_LIVE_FRAMES,
                .batch_size = batch);
    const int code = bpf_prog_test_run_opts(program, &options);
    if (code != 0) return refusal("cannot send live frames", -code);
    return {};
}

// The generator counts per CPU; on two of them it would make every flow twice.  Undone when it goes.
class OneCpu {
 public:
    OneCpu() {
        sched_getaffinity(0, sizeof before_, &before_);
        cpu_set_t one;
        CPU_ZERO(&one);
        CPU_SET(sched_getcpu(), &one);
        sched_setaffinity(0, sizeof one, &one);
    }
    OneCpu(const OneCpu&) = delete;
    OneCpu& operator=(const OneCpu&) = delete;
    ~OneCpu() { sched_setaffinity(0, sizeof before_, &before_); }

 private:
    cpu_set_t before_;
};

Result<Delivered> send_all(const lab::Lab& lab, const bench_traffic_bpf& source, const bench_traffic_bpf& sink,
                           const Station& out, const Blast& what) {
    const int program = bpf_program__fd(source.progs.generate);
    const OneCpu pinned;
    TRY(lab::inside(lab.namespace_of("client"), [&] { return send_frames(program, what.packets, out.ifindex); }));
    const std::uint64_t nanoseconds = count(source, counter_last) - count(source, counter_first);
    if (count(source, counter_stamped) == 0) return refusal("too few packets to be timed", 0);
    return Delivered{.sent = count(source, counter_made),
                     .arrived = count(sink, counter_arrived),
                     .rate = static_cast<double>(count(source, counter_stamped)) * 1e9 / static_cast<double>(nanoseconds)};
}

Result<void> prepare(const lab::Lab& lab) {
    // The director's side of the wire needs NAPI to take frames that never were an skb.
    return lab::inside(lab.namespace_of("director"), [] {
        return net::set_feature("eth0", net::Feature::generic_receive, net::Switch::on);
    });
}

Result<Delivered> blast_with(const lab::Lab& lab, const Blast& what) {
    TRY(prepare(lab));
    const Station out = TRY(station(lab, "client", "eth0"));
    const Station door = TRY(station(lab, "director", "eth0"));
    const Station behind = TRY(station(lab, "server", "eth0"));
    const auto source = TRY(load({.out = out, .target_mac = door.mac, .blast = what}));
    const auto sink = TRY(load({.out = behind, .target_mac = behind.mac, .blast = what}));
    const Attached counting = TRY(Attached::attach(lab, "server", behind.ifindex, sink->progs.sink));
    return send_all(lab, *source, *sink, out, what);
}

}  // namespace

Result<Delivered> blast(const lab::Lab& lab, const Blast& what) { return blast_with(lab, what); }

Result<Delivered> blast_through_bare_forward(const lab::Lab& lab, const Blast& what) {
    const Station door = TRY(station(lab, "director", "eth0"));
    const Station way_out = TRY(station(lab, "director", "eth1"));
    const Station behind = TRY(station(lab, "server", "eth0"));
    const auto forwarder = TRY(load({.out = way_out, .target_mac = behind.mac, .blast = what}));
    const Attached forwarding = TRY(Attached::attach(lab, "director", door.ifindex, forwarder->progs.forward));
    return blast_with(lab, what);
}

}  // namespace lvx::bench

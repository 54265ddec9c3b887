// The twins compared at random: a million mutated frames, not one byte of difference.  Needs root.
#include <bpf/bpf.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <random>

#include <fmt/format.h>

#include "tests/support/right_frames.hh"
#include "tests/twin/twin.h"
#include "twin.skel.h"

namespace {

using lvx::test::Bytes;
using lvx::test::NamedFrame;

constexpr int frame_count = 1'000'000;
constexpr std::uint64_t first_seed = 20240229;
constexpr std::size_t shortest_frame = 14;  // BPF_PROG_RUN refuses less

// Everything is drawn from one seed, which a failure names.
class Case {
 public:
    Case(std::uint64_t seed, const std::vector<NamedFrame>& frames) : random_(seed) {
        frame = frames[draw(frames.size())].bytes;
        const std::size_t mutations = draw(4);  // a quarter stays right
        for (std::size_t i = 0; i < mutations; ++i)
            mutate();
        if (draw(8) == 0) frame.resize(std::max(shortest_frame, draw(frame.size() + 40)));
        for (auto& byte : input.macs)
            byte = static_cast<__u8>(random_());
        for (auto& byte : input.to.bytes)
            byte = static_cast<__u8>(random_());
        input.port = static_cast<__u16>(random_());
        input.vlan = static_cast<__u16>(random_());
        input.operation = static_cast<__u32>(draw(TWIN_OPERATIONS));
        input.kind = static_cast<__u32>(draw(3));
        input.mtu = static_cast<__u32>(draw(1 << 16));
    }

    Bytes frame;
    twin_input input = {};

 private:
    std::size_t draw(std::size_t limit) { return static_cast<std::size_t>(random_() % limit); }

    // Mostly in the headers; bits, bytes and small numbers, for lengths are small numbers.
    void mutate() {
        const std::size_t at = draw(std::min(frame.size(), draw(4) == 0 ? frame.size() : std::size_t{110}));
        const std::uint8_t choices[] = {static_cast<std::uint8_t>(frame[at] ^ (1u << draw(8))),
                                        static_cast<std::uint8_t>(random_()),
                                        static_cast<std::uint8_t>(draw(64)),
                                        static_cast<std::uint8_t>(frame[at] + 1), std::uint8_t{0xff}};
        frame[at] = choices[draw(std::size(choices))];
    }

    std::mt19937_64 random_;
};

struct Result {
    Bytes frame;
    twin_output output = {};
};

Result run_natively(const Case& sample) {
    const auto block = std::make_unique<__u8[]>(sample.frame.size());
    std::memcpy(block.get(), sample.frame.data(), sample.frame.size());
    const auto size = static_cast<__u32>(sample.frame.size());
    const cursor here = {block.get(), block.get() + size, size, 0};
    struct frame frame = {};
    Result result;
    const bool parsed = twin_run(&here, &frame, &sample.input, &result.output);
    result.frame.assign(block.get(), block.get() + size);
    if (!parsed || sample.input.operation != TWIN_ANSWER) return result;

    const answer& plan = result.output.answer;
    result.frame.insert(result.frame.begin(), plan.head, 0);
    result.frame.resize(plan.frame_length);
    __u8* data = result.frame.data();
    const cursor moved = {data, data + plan.frame_length, plan.frame_length, 0};
    twin_answer(&moved, &frame, &sample.input, &result.output);
    return result;
}

class Kernel {
 public:
    Kernel() : twin_(twin_bpf__open_and_load()), errno_(errno), buffer_(4096) {}
    ~Kernel() { twin_bpf__destroy(twin_); }
    Kernel(const Kernel&) = delete;
    Kernel& operator=(const Kernel&) = delete;

    [[nodiscard]] bool loaded() const { return twin_ != nullptr; }
    [[nodiscard]] int refusal() const { return errno_; }

    Result run(const Case& sample) {
        twin_->bss->input = sample.input;
        twin_->bss->output = {};
        Bytes frame = sample.frame;
        LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame.data(), .data_out = buffer_.data(),
                    .data_size_in = static_cast<__u32>(frame.size()),
                    .data_size_out = static_cast<__u32>(buffer_.size()));
        const int failed = bpf_prog_test_run_opts(bpf_program__fd(twin_->progs.twin), &options);
        EXPECT_EQ(failed, 0) << std::strerror(-failed);
        EXPECT_EQ(options.retval, 2u);  // XDP_PASS
        return {Bytes(buffer_.begin(), buffer_.begin() + options.data_size_out), twin_->bss->output};
    }

 private:
    twin_bpf* twin_;
    int errno_;
    Bytes buffer_;
};

std::string hex(const Bytes& bytes) {
    std::string text;
    for (const std::uint8_t byte : bytes)
        text += fmt::format("{:02x}", byte);
    return text;
}

// What was reached, so that a generator that reaches nothing is seen.
struct Reach {
    int parsed = 0, refused = 0, rewritten = 0, translated = 0, answered = 0, verified = 0;

    void count(const Case& sample, const Result& result) {
        const twin_output& output = result.output;
        const bool translates =
            sample.input.operation == TWIN_ERROR_TO_SERVER || sample.input.operation == TWIN_ERROR_TO_CLIENT;
        parsed += output.stage == 3;
        refused += output.stage < 3;
        translated += translates && output.written;
        verified += translates && output.verified == PACKET_PARSED;
        answered += sample.input.operation == TWIN_ANSWER && output.written;
        rewritten += output.stage == 3 && sample.input.operation <= TWIN_STAY && result.frame != sample.frame;
    }
};

TEST(Twin, RunsInTheKernelAsItRunsNativelyOverAMillionFrames) {
    Kernel kernel;
    ASSERT_TRUE(kernel.loaded()) << "the kernel refused the program (needs root): "
                                 << std::strerror(kernel.refusal());
    const std::vector<NamedFrame> frames = lvx::test::right_frames();
    Reach reach;
    for (int i = 0; i < frame_count; ++i) {
        const Case sample(first_seed + static_cast<std::uint64_t>(i), frames);
        const Result here = run_natively(sample);
        const Result there = kernel.run(sample);
        ASSERT_TRUE(here.frame == there.frame)
            << hex(here.frame) << " and " << hex(there.frame) << "operation " << sample.input.operation
            << ", seed " << first_seed + static_cast<std::uint64_t>(i);
        ASSERT_EQ(std::memcmp(&here.output, &there.output, sizeof here.output), 0)
            << "operation " << sample.input.operation << ", frame " << hex(sample.frame) << ", stage "
            << here.output.stage << " and " << there.output.stage << ", result " << here.output.result
            << " and " << there.output.result;
        reach.count(sample, here);
    }
    fmt::print("parsed {}, refused {}, rewritten {}, translated {}, verified {}, answered {}\n", reach.parsed,
               reach.refused, reach.rewritten, reach.translated, reach.verified, reach.answered);
    EXPECT_GT(reach.parsed, frame_count / 2);
    EXPECT_GT(reach.refused, frame_count / 50);
    EXPECT_GT(reach.rewritten, frame_count / 10);
    EXPECT_GT(reach.translated, frame_count / 50);
    EXPECT_GT(reach.verified, frame_count / 50);
    EXPECT_GT(reach.answered, frame_count / 50);
}

}  // namespace

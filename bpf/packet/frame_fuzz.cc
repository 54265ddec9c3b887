// Parse, rewrite, translate and answer on arbitrary bytes.  The heap block ends with the frame, so one byte
// too far stops it.
#include <cstdint>
#include <cstring>
#include <memory>
#include <utility>

#include "base/ensure.hh"
#include "bpf/packet/packet.h"

namespace lvx::packet {
namespace {

struct Frame {
    std::unique_ptr<__u8[]> block;
    __u32 size;

    Frame(const std::uint8_t* data, std::size_t bytes)
        : block(new __u8[bytes]), size(static_cast<__u32>(bytes)) {
        std::memcpy(block.get(), data, bytes);
    }
    [[nodiscard]] cursor whole() const { return {block.get(), block.get() + size, size, 0}; }
};

const address v4_target = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 2}};
const address v6_target = {{0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2}};

const address& target(const frame& frame) { return frame.family == 4 ? v4_target : v6_target; }

bool inside(const cursor& cursor, const __u8* at, __u32 size) {
    return at == nullptr || (at >= cursor.data && at + size <= cursor.end);
}

void check_parsed(const cursor& cursor, const frame& frame) {
    ensure(inside(cursor, frame.network, frame.family == 4 ? IPV4_HEADER : IPV6_HEADER));
    ensure(inside(cursor, frame.transport, ICMP_HEADER));
    ensure(inside(cursor, frame.checksum, 2));
    ensure(frame.l3_offset + frame.l3_length <= cursor.length);
    ensure(frame.l4_offset + frame.l4_length == frame.l3_offset + frame.l3_length);
}

// The frame as it would be pulled at tc never reads what is not linear.
void parse_prefix(const std::uint8_t* data, std::size_t size) {
    const Frame prefix(data, size / 2);
    cursor cursor = prefix.whole();
    cursor.length = static_cast<__u32>(size);
    frame frame = {};
    if (parse_frame(&cursor, &frame) != PACKET_PARSED || !frame_is_icmp_error(&frame)) return;
    struct frame quoted = {};
    (void)parse_quoted(&cursor, &frame, &quoted);
    (void)verify_icmp(&cursor, &frame);
}

void rewrite(const Frame& bytes) {
    const cursor cursor = bytes.whole();
    frame frame = {};
    if (parse_frame(&cursor, &frame) != PACKET_PARSED) return;
    check_parsed(cursor, frame);
    const union address before = frame.destination;
    rewrite_request(&frame, &target(frame), WIRE16(8080), SUM_COMPLETE);
    rewrite_reply(&frame, &target(frame), WIRE16(80), SUM_PARTIAL);
    rewrite_ttl(&frame);
    (void)rewrite_vlan(&cursor, &frame, 7);
    struct frame again = {};
    ensure(parse_frame(&cursor, &again) == PACKET_PARSED);  // what we write, we can read
    ensure(std::memcmp(&again.destination, &target(frame), 16) == 0);
    ensure(std::memcmp(&frame.destination, &before, 16) == 0);
}

void translate(const Frame& bytes, bool to_server) {
    const cursor cursor = bytes.whole();
    frame error = {};
    if (parse_frame(&cursor, &error) != PACKET_PARSED || !frame_is_icmp_error(&error)) return;
    frame quoted = {};
    const bool right = verify_icmp(&cursor, &error) == PACKET_PARSED;
    if (parse_quoted(&cursor, &error, &quoted) != PACKET_PARSED) return;
    check_parsed(cursor, quoted);
    if (to_server)
        translate_error_to_server(&error, &quoted, &target(error), WIRE16(8080));
    else
        translate_error_to_client(&error, &quoted, &target(error), WIRE16(80));
    frame again = {};
    ensure(parse_frame(&cursor, &again) == PACKET_PARSED);
    ensure((verify_icmp(&cursor, &again) == PACKET_PARSED) == right);  // right stays right, wrong stays wrong
}

void answer_it(const Frame& bytes) {
    const cursor cursor = bytes.whole();
    frame frame = {};
    if (parse_frame(&cursor, &frame) != PACKET_PARSED || !may_answer(&frame)) return;
    const answer plan = plan_answer(&frame);
    const std::unique_ptr<__u8[]> room(new __u8[plan.frame_length]());
    const __u32 kept =
        bytes.size < plan.frame_length - plan.head ? bytes.size : plan.frame_length - plan.head;
    std::memcpy(room.get() + plan.head, bytes.block.get(), kept);
    const struct cursor moved = {room.get(), room.get() + plan.frame_length, plan.frame_length, 0};
    ensure(write_answer(&moved, &frame, &plan, ANSWER_TOO_BIG, &target(frame), 1400));
    struct frame answered = {};
    ensure(parse_frame(&moved, &answered) == PACKET_PARSED);
    ensure(frame_is_icmp_error(&answered) && !may_answer(&answered));
    ensure(verify_icmp(&moved, &answered) == PACKET_PARSED);
}

}  // namespace
}  // namespace lvx::packet

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace lvx::packet;
    if (size > 1 << 16) return 0;
    parse_prefix(data, size);
    rewrite(Frame(data, size));
    translate(Frame(data, size), true);
    translate(Frame(data, size), false);
    answer_it(Frame(data, size));
    return 0;
}

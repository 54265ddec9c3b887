#include "sync/gate.hh"

#include <algorithm>
#include <span>

namespace lvx::sync {
namespace {

constexpr std::size_t stations = 12;                // both MACs; a VLAN tag stands behind them
constexpr std::size_t tcp_sum_at = 16, tcp_least = 20;
constexpr std::uint8_t tcp = 6;

std::uint32_t sum_of(std::span<const std::uint8_t> bytes, std::uint32_t sum) {
    for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) sum += static_cast<std::uint32_t>(bytes[i] << 8 | bytes[i + 1]);
    if (bytes.size() % 2) sum += static_cast<std::uint32_t>(bytes.back() << 8);
    return sum;
}

std::uint16_t folded(std::uint32_t sum) {
    while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
    return static_cast<std::uint16_t>(sum);
}

struct Parts {
    std::span<const std::uint8_t> addresses, segment;
};

// The segment ends where its packet says, not where the frame does: short frames are padded.
std::optional<Parts> parts_of(const abi::held_answer& held) {
    const std::size_t length = held.length, l3 = held.l3_offset, l4 = held.l4_offset;
    const std::size_t addresses_at = held.family == 6 ? 8 : 12, addresses = held.family == 6 ? 32 : 8;
    if (length > HELD_FRAME_BYTES || l3 < stations || l4 < l3 + addresses_at + addresses || l4 + tcp_least > length) return std::nullopt;
    const std::span<const std::uint8_t> frame(held.frame, length);
    const std::size_t length_at = l3 + (held.family == 6 ? 4 : 2);
    std::size_t end = static_cast<std::size_t>(frame[length_at] << 8 | frame[length_at + 1]) + l3;
    if (held.family == 6) end += 40;
    if (end < l4 + tcp_least || end > length) return std::nullopt;
    return Parts{.addresses = frame.subspan(l3 + addresses_at, addresses), .segment = frame.subspan(l4, end - l4)};
}

}  // namespace

std::optional<Answer> answer_of(const abi::held_answer& held) {
    const auto parts = parts_of(held);
    if (!parts) return std::nullopt;
    const std::uint16_t pseudo = folded(sum_of(parts->addresses, static_cast<std::uint32_t>(tcp + parts->segment.size())));
    const std::uint16_t whole = folded(sum_of(parts->segment, pseudo));
    const auto field = static_cast<std::uint16_t>(parts->segment[tcp_sum_at] << 8 | parts->segment[tcp_sum_at + 1]);
    Answer answer{.slot = held.slot, .ifindex = held.ifindex, .control = held.control, .frame = {held.frame, held.frame + held.length}};
    if (whole != 0xffff) {
        if (!held.partial || field != pseudo) return std::nullopt;
        // The field holds the pseudo header's sum, so the sum over the segment has it in already.
        const auto sum = static_cast<std::uint16_t>(~folded(sum_of(parts->segment, 0)));
        answer.frame[held.l4_offset + tcp_sum_at] = static_cast<std::uint8_t>(sum >> 8);
        answer.frame[held.l4_offset + tcp_sum_at + 1] = static_cast<std::uint8_t>(sum);
    }
    if (held.vlan != 0) {
        const std::uint8_t tag[] = {0x81, 0x00, static_cast<std::uint8_t>(held.vlan >> 8), static_cast<std::uint8_t>(held.vlan)};
        answer.frame.insert(answer.frame.begin() + stations, std::begin(tag), std::end(tag));
    }
    return answer;
}

std::string_view Gate::state() const {
    if (!degraded_) return "holding";
    return settings_.closed ? "degraded, closed: nothing new is answered" : "degraded, open: answers do not wait";
}

void Gate::hold(Answer answer, Microseconds now) {
    ++counters_.held;
    if (waiting_.size() < settings_.most_held) return waiting_.push_back({.answer = std::move(answer), .since = now, .ticket = std::nullopt});
    ++counters_.overflowed;
    if (!settings_.closed) overflow_.push_back(std::move(answer));
}

// One that was in step only just now is not yet relied on, so that a standby at its limit does not make us swing.
void Gate::judge_standbys(bool in_step, Microseconds now) {
    if (!in_step) {
        in_step_since_.reset();
        degraded_ = true;
        return;
    }
    const bool first = counters_.held == 0;
    if (!in_step_since_) in_step_since_ = now;
    if (first || now - *in_step_since_ >= settings_.recovery) degraded_ = false;
}

Standing Gate::stands(Waiting& one, const Standbys& standbys) const {
    if (one.ticket && standbys.standing(*one.ticket) == Standing::gone) one.ticket.reset();
    if (!one.ticket) one.ticket = standbys.ticket(one.answer.slot, one.answer.control);
    return one.ticket ? standbys.standing(*one.ticket) : Standing::waits;
}

void Gate::fall_back(Waiting& one, std::vector<Answer>& leaving) {
    ++(settings_.closed ? counters_.dropped : counters_.left_without);
    if (!settings_.closed) leaving.push_back(std::move(one.answer));
}

std::vector<Answer> Gate::work(const Standbys& standbys, Microseconds now) {
    judge_standbys(standbys.in_step, now);
    std::vector<Answer> leaving = std::exchange(overflow_, {});
    bool too_slow = false;
    std::erase_if(waiting_, [&](Waiting& one) {
        const Standing standing = stands(one, standbys);
        if (standing == Standing::has_it) {
            ++counters_.released;
            counters_.longest = std::max(counters_.longest, now - one.since);
            leaving.push_back(std::move(one.answer));
            return true;
        }
        const bool overdue = now - one.since >= settings_.wait, open = degraded_ && !settings_.closed;
        if (!overdue && !open && standing != Standing::keeps_it_out) return false;
        too_slow |= overdue;
        fall_back(one, leaving);
        return true;
    });
    if (too_slow) {
        degraded_ = true;
        in_step_since_.reset();
    }
    return leaving;
}

}  // namespace lvx::sync

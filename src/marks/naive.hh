// The naive twin of evaluate.hh: one packet, rule by rule, as the kernel does it.  For tests and fuzzers.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>

#include "base/ensure.hh"
#include "marks/evaluate.hh"

namespace lvx::marks {

struct Packet {
    Number address = 0;
    Protocols protocol = tcp;
    Port port = 1;
};

class NaiveWalk {
 public:
    NaiveWalk(const Table& table, const Packet& packet, std::uint32_t mark) : table_(table), packet_(packet), mark_(mark) {}

    enum class End { fell_out, accepted, dropped, endless };

    End walk(const std::string& chain, std::size_t depth) {
        const auto found = table_.chains.find(chain);
        if (found == table_.chains.end()) return End::fell_out;
        for (const Rule& rule : found->second) {
            const Out out = apply(rule, depth);
            if (out == Out::accepted) return End::accepted;
            if (out == Out::dropped) return End::dropped;
            if (out == Out::endless) return End::endless;
            if (out == Out::left) return End::fell_out;
        }
        return End::fell_out;
    }
    [[nodiscard]] std::uint32_t mark() const { return mark_; }

    [[nodiscard]] static bool holds(const Ranges& ranges, Number number) {
        return std::ranges::any_of(ranges, [&](const Range& each) { return each.first <= number && number <= each.last; });
    }
    [[nodiscard]] static bool holds(const Destination& destination, const Packet& packet) {
        return holds(destination.addresses, packet.address) && (destination.protocols & packet.protocol) != 0 && holds(destination.ports, packet.port);
    }

 private:
    enum class Out { next_step, next_rule, left, accepted, dropped, endless };

    Out apply(const Rule& rule, std::size_t depth) {
        if (!rule.refused.empty()) return Out::next_rule;
        if (++steps_ > 100'000) return Out::endless;
        for (const Step& step : rule.steps)
            if (const Out out = take(step, depth); out != Out::next_step) return out;
        return Out::next_rule;
    }
    Out take(const Step& step, std::size_t depth) {
        if (const Match* match = std::get_if<Match>(&step)) {
            const bool found = std::ranges::any_of(match->any_of, [&](const Destination& each) { return holds(each, packet_); });
            return found != match->negated ? Out::next_step : Out::next_rule;
        }
        if (const MarkTest* test = std::get_if<MarkTest>(&step)) return holds(test->values, mark_ & test->mask) != test->negated ? Out::next_step : Out::next_rule;
        if (const Action* action = std::get_if<Action>(&step)) return act(*action, depth);
        for (const Choice& each : std::get<Choices>(step))
            if (holds(each.when, packet_)) return act(each.then, depth);
        return Out::next_rule;
    }
    Out act(const Action& action, std::size_t depth) {
        if (const MarkChange* change = std::get_if<MarkChange>(&action)) {
            mark_ = (mark_ & change->keep) ^ change->flip;
            return Out::next_step;
        }
        if (const Verdict* verdict = std::get_if<Verdict>(&action))
            return *verdict == Verdict::accept ? Out::accepted : *verdict == Verdict::drop ? Out::dropped : Out::left;
        const Jump& jump = std::get<Jump>(action);
        if (depth >= depth_limit) return Out::next_step;
        switch (walk(jump.chain, depth + 1)) {
            case End::accepted: return Out::accepted;
            case End::dropped: return Out::dropped;
            case End::endless: return Out::endless;
            case End::fell_out: return jump.comes_back ? Out::next_rule : Out::left;
        }
        return Out::endless;
    }

    const Table& table_;
    const Packet packet_;
    std::uint32_t mark_;
    std::size_t steps_ = 0;
};

// 0 for a packet that is dropped; nothing where the rules lead in circles.
[[nodiscard]] inline std::optional<std::uint32_t> naive_mark(const Ruleset& rules, const Packet& packet) {
    std::uint32_t mark = 0;
    for (const Stop& stop : road(rules)) {
        if (!NaiveWalk::holds(stop.table->packets, packet.address)) continue;
        NaiveWalk walk(*stop.table, packet, mark);
        const NaiveWalk::End end = walk.walk(stop.base->chain, 0);
        if (end == NaiveWalk::End::endless) return std::nullopt;
        if (end == NaiveWalk::End::dropped || (end == NaiveWalk::End::fell_out && stop.base->drops)) return 0;
        mark = walk.mark();
    }
    return mark;
}

// What the members say: the first that names the packet.
[[nodiscard]] inline std::uint32_t member_mark(const model::MarkMembers& members, const Packet& packet) {
    for (const model::MarkMember& each : members) {
        const bool same = number_of(each.address) == packet.address && protocols_of(static_cast<Number>(each.protocol)) == packet.protocol;
        if (same && (each.last_port == 0 || (each.first_port <= packet.port && packet.port <= each.last_port))) return each.mark;
    }
    return 0;
}

// Members are missing that were too wide or too many; the twin knows their marks.
inline bool has_left_out(const Evaluation& evaluation) {
    return evaluation.beyond_limit != 0 || std::ranges::any_of(evaluation.not_followed, [](const NotFollowed& each) { return each.why.starts_with("marks more"); });
}

// For fuzzers: both ends of each member and the ports beside, by the twin.
inline void check_members(const Ruleset& rules, const Evaluation& evaluation) {
    for (std::size_t i = 0; i < std::min<std::size_t>(evaluation.members.size(), 32); ++i) {
        const model::MarkMember& each = evaluation.members[i];
        const Port first = std::max<Port>(each.first_port, 1), last = each.last_port == 0 ? Port{65535} : each.last_port;
        for (const Port port : {first, last, std::max<Port>(static_cast<Port>(first - 1), 1), std::min<Port>(last, 65534)}) {
            const Packet packet{number_of(each.address), protocols_of(static_cast<Number>(each.protocol)), port};
            const auto naive = naive_mark(rules, packet);
            const std::uint32_t mark = member_mark(evaluation.members, packet);
            ensure(!naive || *naive == mark || (mark == 0 && has_left_out(evaluation)));
        }
    }
}

}  // namespace lvx::marks

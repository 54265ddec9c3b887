#include "marks/evaluate.hh"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <numeric>
#include <set>

namespace lvx::marks {

namespace {

template <class... Each>
struct Cases : Each... {
    using Each::operator()...;
};

bool marks(const Rule& rule) { return rule.effect == Effect::marks; }

bool marks(const Table& table) {
    return std::ranges::any_of(table.chains, [](const auto& each) { return std::ranges::any_of(each.second, [](const Rule& rule) { return marks(rule); }); });
}

bool drops(const Action& action) { return action == Action(Verdict::drop); }

bool drops(const Rule& rule) {
    return std::ranges::any_of(rule.steps, [](const Step& step) {
        if (const Action* action = std::get_if<Action>(&step)) return drops(*action);
        const Choices* choices = std::get_if<Choices>(&step);
        return choices != nullptr && std::ranges::any_of(*choices, [](const Choice& each) { return drops(each.then); });
    });
}

// Other tables leave every packet as it was: most rules of a machine need no look.
bool matters(const Table& table) {
    return std::ranges::any_of(table.bases, &Base::drops) || std::ranges::any_of(table.chains, [](const auto& each) {
        return std::ranges::any_of(each.second, [](const Rule& rule) { return marks(rule) || drops(rule); });
    });
}

// The chains a step may lead to.
void add_targets(const Step& step, std::vector<std::string>& chains) {
    const auto add = [&](const Action& action) {
        if (const Jump* jump = std::get_if<Jump>(&action)) chains.push_back(jump->chain);
    };
    if (const Action* action = std::get_if<Action>(&step)) add(*action);
    if (const Choices* choices = std::get_if<Choices>(&step))
        for (const Choice& each : *choices) add(each.then);
}

constexpr std::uint64_t step_cost = 8;  // of a step, in boxes looked at

class Machine {
 public:
    explicit Machine(std::uint64_t affordable_work) : affordable_work_(affordable_work) {}

    Evaluation run(const Ruleset& rules) {
        Boxes boxes{Box{}};
        for (const Stop& stop : road(rules))
            if (matters(*stop.table)) boxes = pass(stop, std::move(boxes));
        for (const Table& table : rules) name_elsewhere(table);
        if (exhausted_) name({"the whole", fmt::format("needs more than {} steps or {} pieces to work out", affordable_work_, box_limit)});
        else take_members(std::move(boxes));
        return std::move(result_);
    }

 private:
    // Where packets go that leave a chain for good.
    struct Exits {
        Boxes accepted, left;
    };

    // ---- one chain of a hook ----

    Boxes pass(const Stop& stop, Boxes boxes) {
        table_ = stop.table;
        table_marks_ = marks(*stop.table);
        Boxes mine, others;
        for (const Box& box : boxes) split(box, {.addresses = stop.table->packets}, mine, others);
        Exits exits;
        mine = walk(stop.base->chain, std::move(mine), 0, exits.accepted);
        if (!stop.base->drops) others.insert(others.end(), mine.begin(), mine.end());
        others.insert(others.end(), exits.accepted.begin(), exits.accepted.end());
        return others;
    }

    // What falls out of the chain at its end or by "return".
    Boxes walk(const std::string& chain, Boxes boxes, std::size_t depth, Boxes& accepted) {
        const auto found = table_->chains.find(chain);
        if (found == table_->chains.end()) return boxes;
        Exits exits;
        for (const Rule& rule : found->second) {
            if (boxes.empty()) break;
            boxes = step_through(rule, std::move(boxes), depth, exits);
        }
        accepted.insert(accepted.end(), exits.accepted.begin(), exits.accepted.end());
        boxes.insert(boxes.end(), exits.left.begin(), exits.left.end());
        return boxes;
    }

    // What goes on at the next rule.
    Boxes step_through(const Rule& rule, Boxes boxes, std::size_t depth, Exits& exits) {
        if (!rule.refused.empty()) {
            if (table_marks_ || marks(rule)) name({rule.name, rule.refused});
            return boxes;
        }
        Boxes passed;
        for (const Step& step : rule.steps) {
            if (!affordable(boxes.size() + passed.size())) return {};
            if (boxes.empty()) break;
            boxes = std::visit(Cases{[&](const Match& match) { return matching(match, boxes, passed); },
                                     [&](const MarkTest& test) { return matching(test, boxes, passed); },
                                     [&](const Action& action) { return act(rule, action, std::move(boxes), depth, exits, passed); },
                                     [&](const Choices& choices) { return choose(rule, choices, std::move(boxes), depth, exits, passed); }},
                               step);
        }
        passed.insert(passed.end(), boxes.begin(), boxes.end());
        return passed;
    }

    Boxes matching(const Match& match, const Boxes& boxes, Boxes& passed) {
        Boxes inside, left = boxes;
        for (const Destination& each : match.any_of) left = take(each, left, inside);
        if (match.negated) std::swap(inside, left);
        passed.insert(passed.end(), left.begin(), left.end());
        return inside;
    }

    // Appends what belongs to the destination to `inside`, and gives what does not.
    Boxes take(const Destination& destination, const Boxes& boxes, Boxes& inside) {
        Boxes left;
        if (!affordable(boxes.size() + inside.size())) return left;
        for (const Box& box : boxes) split(box, destination, inside, left);
        return left;
    }

    static Boxes matching(const MarkTest& test, const Boxes& boxes, Boxes& passed) {
        Boxes inside;
        for (const Box& box : boxes) {
            const Number mark = box.mark & test.mask;
            const bool found = std::ranges::any_of(test.values, [&](const Range& each) { return each.first <= mark && mark <= each.last; });
            (found != test.negated ? inside : passed).push_back(box);
        }
        return inside;
    }

    // What goes on at the rule's next step.
    Boxes act(const Rule& rule, const Action& action, Boxes boxes, std::size_t depth, Exits& exits, Boxes& passed) {
        if (const MarkChange* change = std::get_if<MarkChange>(&action)) {
            const std::uint32_t number = number_of(rule);
            for (Box& box : boxes) {
                box.mark = (box.mark & change->keep) ^ change->flip;
                box.by = number;
            }
            return boxes;
        }
        if (const Jump* jump = std::get_if<Jump>(&action)) {
            if (depth >= depth_limit) {
                name({rule.name, fmt::format("jumps deeper than {} chains", depth_limit)});
                return boxes;
            }
            boxes = walk(jump->chain, std::move(boxes), depth + 1, exits.accepted);
            Boxes& to = jump->comes_back ? passed : exits.left;
            to.insert(to.end(), boxes.begin(), boxes.end());
            return {};
        }
        const Verdict verdict = std::get<Verdict>(action);
        if (verdict == Verdict::accept) exits.accepted.insert(exits.accepted.end(), boxes.begin(), boxes.end());
        if (verdict == Verdict::leave) exits.left.insert(exits.left.end(), boxes.begin(), boxes.end());
        return {};
    }

    Boxes choose(const Rule& rule, const Choices& choices, Boxes boxes, std::size_t depth, Exits& exits, Boxes& passed) {
        Boxes going_on;
        for (const Choice& each : choices) {
            Boxes chosen;
            boxes = take(each.when, boxes, chosen);
            if (chosen.empty()) continue;
            chosen = act(rule, each.then, std::move(chosen), depth, exits, passed);
            going_on.insert(going_on.end(), chosen.begin(), chosen.end());
        }
        passed.insert(passed.end(), boxes.begin(), boxes.end());
        return going_on;
    }

    bool affordable(std::size_t boxes) {
        work_ += boxes + step_cost;
        if (work_ > affordable_work_ || boxes > box_limit) exhausted_ = true;
        return !exhausted_;
    }

    // ---- names ----

    std::uint32_t number_of(const Rule& rule) {
        if (changers_.empty() || changers_.back() != &rule) changers_.push_back(&rule);
        return static_cast<std::uint32_t>(changers_.size());  // from 1
    }

    void name(NotFollowed entry) {
        if (!named_.insert(entry).second) return;
        if (result_.not_followed.size() < not_followed_limit) result_.not_followed.push_back(std::move(entry));
        else ++result_.not_named;
    }

    // Marks that are set where lvx does not look.
    void name_elsewhere(const Table& table) {
        for (const Base& base : table.bases) {
            if (base.hook == Hook::prerouting) continue;
            const char* why = base.hook == Hook::input ? "marks at the hook input, not at prerouting" : "marks at the hook ingress, which depends on the interface";
            std::set<std::string> seen{base.chain};
            std::vector<std::string> chains{base.chain};
            while (!chains.empty()) {
                const auto chain = table.chains.find(chains.back());
                chains.pop_back();
                if (chain == table.chains.end()) continue;
                std::vector<std::string> targets;
                for (const Rule& rule : chain->second) {
                    if (marks(rule)) name({rule.name, why});
                    for (const Step& step : rule.steps) add_targets(step, targets);
                }
                std::ranges::copy_if(targets, std::back_inserter(chains), [&](const std::string& each) { return seen.insert(each).second; });
            }
        }
    }

    // ---- members ----

    void take_members(Boxes boxes) {
        std::erase_if(boxes, [](const Box& box) { return box.mark == 0 || box.ports.last == 0; });
        std::vector<Box> single;
        for (const Box& box : boxes) spread(box, single);
        std::ranges::sort(single, {}, [](const Box& box) { return std::tuple(box.addresses.first, box.protocols, box.ports.first); });
        single = joined(std::move(single));
        for (auto each = single.cbegin(); each != single.cend();) {
            const auto end = std::find_if(each, single.cend(), [&](const Box& box) { return box.addresses != each->addresses || box.protocols != each->protocols; });
            take_ports({each, end});
            each = end;
        }
    }

    // Of one address and protocol, as the cheaper of two lists.
    void take_ports(const Boxes& ports) {
        const Boxes around = with_any_port(ports);
        if (rows_of(around) >= rows_of(ports)) {
            for (const Box& box : ports) add(box);
        } else if (rows_of(around) <= model::MARK_ROW_LIMIT - rows_ && around.size() <= model::MARK_MEMBER_LIMIT - result_.members.size()) {
            for (const Box& box : around) add(box);  // all or none: without the others, "any" would be wrong
        } else {
            leave_out(around.back());
        }
    }

    // The widest range as any port, behind what lies beside it.
    static Boxes with_any_port(const Boxes& ports) {
        Box any = *std::ranges::max_element(ports, {}, [](const Box& box) { return box.ports.last - box.ports.first; });
        Boxes result;
        Number next = 1;
        const auto add_gap = [&](Number last) {
            if (next > last) return;
            result.push_back(any);
            result.back().mark = 0;
            result.back().ports = {next, last};
        };
        for (const Box& box : ports) {
            add_gap(box.ports.first - 1);
            if (box.mark != any.mark) result.push_back(box);
            next = box.ports.last + 1;
        }
        add_gap(all_ports.last);
        any.ports = {1, all_ports.last};
        result.push_back(any);
        return result;
    }

    static bool is_any(const Box& box) { return box.ports == Range{1, all_ports.last}; }
    static std::size_t rows_of(const Boxes& boxes) {
        std::size_t rows = 0;
        for (const Box& box : boxes) rows += is_any(box) ? 1 : static_cast<std::size_t>(box.ports.last - box.ports.first) + 1;
        return rows;
    }

    // One box for each address and protocol; port 0 is nobody's.
    void spread(const Box& box, Boxes& single) {
        if (box.addresses.last - box.addresses.first >= widest_prefix) {
            name({changers_[box.by - 1]->name, fmt::format("marks more than {} addresses in a row", widest_prefix)});
            return;
        }
        for (Number address = box.addresses.first;; ++address) {
            for (const Protocols protocol : {tcp, udp}) {
                if ((box.protocols & protocol) == 0) continue;
                Box one = box;
                one.addresses = {address, address};
                one.protocols = protocol;
                one.ports.first = std::max<Number>(one.ports.first, 1);
                single.push_back(one);
            }
            if (address == box.addresses.last) return;
        }
    }

    static Boxes joined(Boxes boxes) {
        Boxes result;
        for (const Box& box : boxes) {
            const bool goes_on = !result.empty() && result.back().addresses == box.addresses && result.back().protocols == box.protocols &&
                                 result.back().mark == box.mark && result.back().ports.last + 1 == box.ports.first;
            if (goes_on) result.back().ports.last = box.ports.last;
            else result.push_back(box);
        }
        return result;
    }

    void leave_out(const Box& box) {
        ++result_.beyond_limit;
        name({changers_[box.by - 1]->name, fmt::format("marks more than the {} destinations there is room for", model::MARK_ROW_LIMIT)});
    }

    void add(const Box& box) {
        const bool any = is_any(box);
        model::MarkMember member{.mark = box.mark,
                                 .protocol = box.protocols == tcp ? model::Protocol::tcp : model::Protocol::udp,
                                 .address = address_of(box.addresses.first),
                                 .first_port = static_cast<Port>(any ? 0 : box.ports.first),
                                 .last_port = static_cast<Port>(any ? 0 : box.ports.last),
                                 .source = changers_[box.by - 1]->name};
        if (model::rows_of(member) > model::MARK_ROW_LIMIT - rows_ || result_.members.size() == model::MARK_MEMBER_LIMIT) return leave_out(box);
        rows_ += model::rows_of(member);
        result_.members.push_back(std::move(member));
    }

    const Table* table_ = nullptr;  // under way
    bool table_marks_ = false;
    const std::uint64_t affordable_work_;
    std::uint64_t work_ = 0;
    std::size_t rows_ = 0;  // of members
    bool exhausted_ = false;
    std::vector<const Rule*> changers_;
    std::set<NotFollowed> named_;
    Evaluation result_;
};

}  // namespace

// The kernel puts a later chain of the same priority in front of the earlier one (nf_hook_entries_grow()); listings are in
// the order of creation.
std::vector<Stop> road(const Ruleset& rules) {
    std::vector<Stop> stops;
    for (const Table& table : rules)
        for (const Base& base : table.bases)
            if (base.hook == Hook::prerouting) stops.push_back({&table, &base});
    std::vector<std::size_t> order(stops.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::sort(order, {}, [&](std::size_t i) { return std::pair(stops[i].base->priority, stops.size() - i); });
    std::vector<Stop> result;
    for (const std::size_t i : order) result.push_back(stops[i]);
    return result;
}

Evaluation evaluate(const Ruleset& rules) { return evaluate_within(rules, work_limit); }

Evaluation evaluate_within(const Ruleset& rules, std::uint64_t work) { return Machine(work).run(rules); }

}  // namespace lvx::marks

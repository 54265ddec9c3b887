// The one seam between the HTTP side and the daemon: what can be asked of a director, and what can be done to it.
// The daemon implements it, fake_director.hh implements it for tests; routes.hh is written against it.
//
// All members are called from the daemon's one loop and answer at once: they read values that are kept anyway and
// never wait.  `connections` walks the table from a given place and says where it stopped, so that a table of millions
// is told in pages and the loop is never held for long.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "api/events.hh"
#include "api/snapshot.hh"
#include "api/work.hh"
#include "model/operation.hh"

namespace lvx::api {

// How far a list of operations came.
struct Execution {
    std::size_t executed = 0;  // how many hold
    int refusal = 0;           // 0, or the errno with which IPVS refuses operation number `executed` (model/operation.hh)
    std::string sentence = {};  // what else is to be said about the refusal; may be empty
    bool operator==(const Execution&) const = default;
};

class ChangeDesk;
class MarksDesk;
class SyncDesk;
class VrrpDesk;

// What became of a reload: a refused file changes nothing.
struct ReloadOutcome {
    bool applied = false;
    std::string diagnostics;  // the reader's text with file:line:column and hints; warnings of an applied file, too
    bool operator==(const ReloadOutcome&) const = default;
};

// What happens to packets when the daemon ends.
enum class StopKind {
    keep_forwarding,  // programs, links and tables stay pinned; the next daemon adopts them
    stop_forwarding,  // everything is taken off the interfaces
};

enum class Visit { next, stop };
inline constexpr std::uint64_t end_of_table = 0;
using ConnectionVisitor = std::function<Visit(const ConnectionSnapshot&)>;

class Director {
 public:
    virtual ~Director() = default;

    [[nodiscard]] virtual StatusSnapshot status() const = 0;
    [[nodiscard]] virtual ServicesSnapshot services() const = 0;
    // Every verdict of every interface, those with no packets included.
    [[nodiscard]] virtual std::vector<VerdictSnapshot> verdicts() const = 0;
    [[nodiscard]] virtual std::vector<InterfaceSnapshot> interfaces() const = 0;
    // Checks of real servers, and what they made of them; empty where nothing is checked.
    [[nodiscard]] virtual ChecksSnapshot checks() const { return {}; }
    // Visits connections from slot `from` on until the visitor says stop; returns the slot to go on with, or
    // end_of_table.  Connections that come or go meanwhile may be missed or not, all others are visited once.
    [[nodiscard]] virtual std::uint64_t connections(std::uint64_t from, const ConnectionVisitor& visitor) const = 0;

    // Executes in order up to the first refusal: those before it hold, it and those after it change nothing.  A list
    // is one change set for the data plane, so a restore of 10,000 lines is applied once.  Where the data plane has no
    // room for the whole, {0, errno} and nothing is changed: execute_list() then finds how far it fits.
    [[nodiscard]] virtual Execution execute(std::span<const model::Operation> operations) = 0;
    // Reads the configuration file again and applies the difference.
    [[nodiscard]] virtual ReloadOutcome reload() = 0;
    // Who gives the orders that follow, for the log and the overrides they make.
    virtual void asked_by(const std::string&) {}
    // Overrides, plans, history (change_desk.hh); nullptr where there are none.
    [[nodiscard]] virtual ChangeDesk* changes() { return nullptr; }
    // Synchronisation with other directors (sync.hh); nullptr where there is none.
    [[nodiscard]] virtual SyncDesk* sync() { return nullptr; }
    // Virtual routers (vrrp.hh); nullptr where there are none.
    [[nodiscard]] virtual VrrpDesk* vrrp() { return nullptr; }
    // Firewall marks (marks.hh); nullptr where nobody follows them.
    [[nodiscard]] virtual MarksDesk* marks() { return nullptr; }
    // What happened; nullptr where nobody keeps it.
    [[nodiscard]] virtual const model::EventRing* events() const { return nullptr; }
    [[nodiscard]] virtual BfdSessions bfd() const { return {}; }
    // Notifications and scripts.
    [[nodiscard]] virtual WorkCounts work() const { return {}; }
    // Asks the daemon to end; the answer is still sent.
    virtual void stop(StopKind kind) = 0;
};

}  // namespace lvx::api

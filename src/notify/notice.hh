// What the outside is told when something changed, and by which ways, as values: a Notice goes in, Deliveries come out
// in the order in which they are to happen (keepalived: notify_x, notify, FIFO, mail).  order.cc computes, messenger.cc
// carries out.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "model/site.hh"

namespace lvx::notify {

enum class Subject : std::uint8_t { instance, group };

enum class VrrpNews : std::uint8_t { master, backup, fault, stop, deleted, heard_lower_priority, master_priority, backup_priority };

// A virtual router or a sync group.  The priority of a group is told as 0.
struct VrrpNotice {
    Subject subject = Subject::instance;
    std::string name;
    VrrpNews news = VrrpNews::backup;
    std::uint8_t priority = 0;
    model::VrrpNotify how;
    bool operator==(const VrrpNotice&) const = default;
};

enum class Health : std::uint8_t { up, down };

// A real server.  Names as in keepalived's FIFO: "[10.0.0.2]:tcp:80"; a service may be "[GROUP]:0" or "FWM 7".
struct ServerNotice {
    std::string server, service;
    Health health = Health::up;
    std::optional<model::Command> command;  // notify_up or notify_down
    bool mail = true;
    std::string reason;                     // for the body of the mail
    bool operator==(const ServerNotice&) const = default;
};

// A virtual server's quorum.
struct ServiceNotice {
    std::string service;
    Health health = Health::up;
    std::optional<model::Command> command;  // quorum_up or quorum_down
    bool mail = false;
    std::string sum;                        // "Gained quorum 1+0=1 <= 3": the sentence of log and mail before " for VS"
    bool operator==(const ServiceNotice&) const = default;
};

using Notice = std::variant<VrrpNotice, ServerNotice, ServiceNotice>;

// The names that FIFO, log and mail use.
[[nodiscard]] std::string server_name(const Endpoint& server, model::Protocol protocol);  // "[10.0.0.2]:tcp:80"
[[nodiscard]] std::string service_name(const model::ServiceKey& key);                     // "[10.0.0.1]:tcp:80", "FWM 7"
[[nodiscard]] std::string pool_name(const model::Pool& pool);                             // "[GROUP]:0" for a group

struct RunScript {
    std::string lane;  // scripts of one object run one after the other
    model::Command command;
    bool operator==(const RunScript&) const = default;
};

enum class FifoKind : std::uint8_t { all, vrrp, lvs };

struct WriteLine {
    FifoKind fifo = FifoKind::all;
    std::string line;  // with its newline
    bool operator==(const WriteLine&) const = default;
};

struct SendMail {
    std::string subject, body;
    bool operator==(const SendMail&) const = default;
};

using Delivery = std::variant<RunScript, WriteLine, SendMail>;

// What Globals says about notifications.
struct Settings {
    model::Mail mail;
    model::Fifo all, vrrp, lvs;
    std::string host;  // for mail without router_id
    bool operator==(const Settings&) const = default;
};

[[nodiscard]] Settings settings_of(const model::Globals& globals, const std::string& host);

[[nodiscard]] std::vector<Delivery> deliveries(const Notice& notice, const Settings& settings);

}  // namespace lvx::notify

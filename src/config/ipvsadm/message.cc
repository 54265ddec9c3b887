#include <cerrno>
#include <cstring>

#include "config/ipvsadm/command.hh"

namespace lvx::config::ipvsadm {
namespace {

constexpr std::string_view no_scheduler = "Scheduler or persistence engine not found";

// The sentences that depend on the command; empty where the general ones hold.
struct Sentence {
    int code;
    std::string_view operator()(const model::AddService&) const {
        return code == EEXIST ? "Service already exists" : code == ENOENT ? no_scheduler : "";
    }
    std::string_view operator()(const model::EditService&) const {
        return code == ESRCH ? "No such service" : code == ENOENT ? no_scheduler : "";
    }
    std::string_view operator()(const model::DeleteService&) const { return code == ESRCH ? "No such service" : ""; }
    std::string_view operator()(const model::Zero&) const { return code == ESRCH ? "No such service" : ""; }
    std::string_view operator()(const List&) const { return code == ESRCH ? "No such service" : ""; }
    std::string_view operator()(const model::AddServer&) const {
        return code == ESRCH ? "Service not defined" : code == EEXIST ? "Destination already exists" : "";
    }
    std::string_view operator()(const model::EditServer&) const { return server_missing(); }
    std::string_view operator()(const model::DeleteServer&) const { return server_missing(); }
    std::string_view operator()(const StartDaemon&) const { return code == EEXIST ? "Daemon has already run" : ""; }
    std::string_view operator()(const StopDaemon&) const { return code == ESRCH ? "No daemon is running" : ""; }
    std::string_view operator()(const model::Operation& operation) const { return std::visit(*this, operation); }
    std::string_view operator()(const auto&) const { return {}; }

    std::string_view server_missing() const {
        return code == ESRCH ? "Service not defined" : code == ENOENT ? "No such destination" : "";
    }
};

std::string_view general(int code) {
    switch (code) {
        case EPERM: return "Permission denied (you must be root)";
        case EINVAL: return "Invalid operation.  Possibly wrong module version, address not unicast, ...";
        case ENOPROTOOPT: return "Protocol not available";
        case ENOMEM: return "Memory allocation problem";
        case EAFNOSUPPORT: return "Operation not supported with specified address family";
        case EMSGSIZE: return "Module is wrong version";
        default: return {};
    }
}

struct Gap {
    std::string operator()(const model::Operation& operation) const { return std::string(model::unsupported(operation)); }
    std::string operator()(const StartDaemon&) const { return "this data plane has no table to synchronise"; }
    std::string operator()(const StopDaemon&) const { return "this data plane has no table to synchronise"; }
    std::string operator()(const auto&) const { return {}; }
};

}  // namespace

std::string refusal_text(const Command& command, int code) {
    if (const std::string_view text = std::visit(Sentence{code}, command); !text.empty()) return std::string(text);
    if (code == EOPNOTSUPP) {
        if (std::string text = std::visit(Gap{}, command); !text.empty()) return "lvx: " + text;
    }
    if (const std::string_view text = general(code); !text.empty()) return std::string(text);
    const char* text = strerrordesc_np(code);
    return text != nullptr ? text : "error " + std::to_string(code);
}

int refusal_status(const Command& command) { return std::holds_alternative<List>(command) ? 1 : 255; }

}  // namespace lvx::config::ipvsadm

// What a virtual_server says, before it is decided what follows from it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/keepalived/forward.hh"
#include "config/keepalived/head.hh"
#include "config/keepalived/server.hh"
#include "config/keepalived/timing.hh"
#include "model/site.hh"

namespace lvx::config::keepalived {

struct SorryDraft {
    std::optional<Endpoint> endpoint;
    std::optional<Forward> forward;
    Place place, forward_place;
    bool inhibit = false;
};

struct PersistenceDraft {
    std::optional<std::chrono::seconds> timeout;
    const Statement* granularity = nullptr;
    bool sip = false;
    Place engine_place;
};

struct ServiceDraft {
    explicit ServiceDraft(const Statement& block) : statement(block) {}

    const Statement& statement;
    Head head;
    Origin origin;
    std::string scheduler = "wlc";
    std::optional<model::Protocol> protocol;
    Forward forward;
    PersistenceDraft persistence;
    bool has_scheduler = false, has_method = false, has_protocol = false, is_v6 = false;
    Place method_place, protocol_place, one_packet_place, quorum_place, hysteresis_place;  // line 0: not said
    std::vector<const Statement*> flags;
    std::uint32_t weight = 1;
    std::vector<ServerDraft> servers;
    SorryDraft sorry;
    Timing timing;
    std::optional<std::string> virtualhost;
    bool inhibit = false, through = false;
    std::optional<bool> smtp_alert;
    std::optional<std::chrono::seconds> drain;
    model::Pool pool;  // the values that need no decision

    [[nodiscard]] bool by_mark() const { return head.group.empty() && head.services[0].fwmark != 0; }
};

// The draft of a virtual_server whose head is known.
void read_service_block(ServiceDraft& draft, Reading& reading);
[[nodiscard]] std::vector<std::string_view> service_block_keywords();

// Adds the pool and its services to the site.
void settle_service(ServiceDraft& draft, Reading& reading);

}  // namespace lvx::config::keepalived

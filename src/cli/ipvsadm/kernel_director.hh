// A Director that takes everything a Linux 6.1 kernel with IPVS takes, for replaying a conversation recorded there.
// No traffic, so all counters are zero.  For tests.
#pragma once

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>

#include "api/fake_director.hh"

namespace lvx::cli::ipvsadm {

class KernelDirector : public api::FakeDirector {
 public:
    bool has_sync_daemon = false;  // refuses servers of another family than their service's

    KernelDirector() { services_value.table_size = 4096; }

    [[nodiscard]] api::Execution execute(std::span<const model::Operation> operations) override {
        for (std::size_t i = 0; i < operations.size(); ++i) {
            const int code = std::visit([this](const auto& operation) { return carry_out(operation); }, operations[i]);
            if (code != 0) return {i, code};
        }
        return {operations.size(), 0};
    }

 private:
    api::ServiceSnapshot* find(const model::ServiceKey& key) {
        for (api::ServiceSnapshot& service : services_value.services) {
            if (service.service.key == key) return &service;
        }
        return nullptr;
    }

    static api::ServerSnapshot* find(api::ServiceSnapshot& service, const Endpoint& endpoint) {
        for (api::ServerSnapshot& server : service.servers) {
            if (server.server.endpoint == endpoint) return &server;
        }
        return nullptr;
    }

    static int check(const model::Service& service) {
        constexpr std::array<std::string_view, 14> schedulers{"rr", "wrr", "lc", "wlc", "lblc", "lblcr", "dh", "sh",
                                                              "sed", "nq", "fo", "ovf", "mh", "none"};
        if (std::ranges::find(schedulers, service.scheduler) == schedulers.end()) return ENOENT;
        return service.persistence_engine.empty() || service.persistence_engine == "sip" ? 0 : ENOENT;
    }

    static int check(const model::Server& server) { return server.lower_threshold > server.upper_threshold ? ERANGE : 0; }

    int carry_out(const model::AddService& operation) {
        if (find(operation.service.key) != nullptr) return EEXIST;
        const int code = check(operation.service);
        if (code == 0) services_value.services.push_back({.service = operation.service});
        return code;
    }

    int carry_out(const model::EditService& operation) {
        api::ServiceSnapshot* service = find(operation.service.key);
        if (service == nullptr) return ESRCH;
        const int code = check(operation.service);
        if (code == 0) service->service = operation.service;
        return code;
    }

    int carry_out(const model::DeleteService& operation) {
        const auto is_it = [&](const api::ServiceSnapshot& service) { return service.service.key == operation.key; };
        return std::erase_if(services_value.services, is_it) == 0 ? ESRCH : 0;
    }

    int carry_out(const model::AddServer& operation) {
        api::ServiceSnapshot* service = find(operation.key);
        if (service == nullptr) return ESRCH;
        if (const int code = check(operation.server)) return code;
        if (find(*service, operation.server.endpoint) != nullptr) return EEXIST;
        if (has_sync_daemon && operation.key.family() != operation.server.endpoint.address.family()) return EINVAL;
        const Address& address = operation.server.endpoint.address;
        if (address.is_v4() && (address.v4_value() == 0 || address.v4_value() >> 28 >= 0xe)) return EINVAL;
        service->servers.push_back({.server = operation.server});
        return 0;
    }

    int carry_out(const model::EditServer& operation) {
        api::ServiceSnapshot* service = find(operation.key);
        if (service == nullptr) return ESRCH;
        if (const int code = check(operation.server)) return code;
        api::ServerSnapshot* server = find(*service, operation.server.endpoint);
        if (server == nullptr) return ENOENT;
        server->server = operation.server;
        return 0;
    }

    int carry_out(const model::DeleteServer& operation) {
        api::ServiceSnapshot* service = find(operation.key);
        if (service == nullptr) return ESRCH;
        const auto is_it = [&](const api::ServerSnapshot& server) { return server.server.endpoint == operation.endpoint; };
        return std::erase_if(service->servers, is_it) == 0 ? ENOENT : 0;
    }

    int carry_out(const model::Flush&) {
        services_value.services.clear();
        return 0;
    }

    int carry_out(const model::SetTimeouts& operation) {
        for (auto member : {&model::Timeouts::tcp, &model::Timeouts::tcp_fin, &model::Timeouts::udp}) {
            if ((operation.timeouts.*member).count() != 0) services_value.timeouts.*member = operation.timeouts.*member;
        }
        return 0;
    }

    int carry_out(const model::Zero& operation) { return operation.key && find(*operation.key) == nullptr ? ESRCH : 0; }
};

}  // namespace lvx::cli::ipvsadm

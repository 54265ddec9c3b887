#include "layers/ledger.hh"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace lvx::layers {
namespace {

using model::Override;
using model::OverrideKind;

bool is_about_service(OverrideKind kind) { return kind <= OverrideKind::service_removed; }
bool is_about_value(OverrideKind kind) { return OverrideKind::server_added <= kind && kind <= OverrideKind::server_removed; }

std::uint64_t number_of(const Override& each) {
    std::uint64_t number = 0;
    std::from_chars(each.name.data() + std::min<std::size_t>(1, each.name.size()), each.name.data() + each.name.size(), number);
    return number;
}

model::Service header_of(model::Service service) {
    service.servers.clear();
    return service;
}

bool only_weight_differs(model::Server a, const model::Server& b) {
    a.weight = b.weight;
    return a == b;
}

const model::Server* find(const model::Service* service, const Endpoint& endpoint) {
    if (service == nullptr) return nullptr;
    const auto found = std::ranges::find(service->servers, endpoint, &model::Server::endpoint);
    return found == service->servers.end() ? nullptr : &*found;
}

const model::RunState no_state;

}  // namespace

Ledger::Ledger(const model::Site& site, model::RunState state, const health::View& view)
    : index_(site, no_state, view), site_(site) {
    for (Override& each : state.overrides) {
        if (each.kind == OverrideKind::timeouts) {
            timeouts_ = std::move(each);
            continue;
        }
        Entry& entry = entries_[each.service];
        if (is_about_service(each.kind)) entry.service = std::move(each);
        else if (is_about_value(each.kind)) entry.value.insert_or_assign(each.server, std::move(each));
        else entry.weight.insert_or_assign(each.server, std::move(each));
    }
    for (model::Leaving& each : state.leaving) entries_[each.service.key].leaving.push_back(std::move(each));
    state.overrides.clear();
    state.leaving.clear();
    rest_ = std::move(state);
}

model::RunState Ledger::state() && {
    model::RunState result = std::move(rest_);
    if (timeouts_) result.overrides.push_back(std::move(*timeouts_));
    for (auto& [key, entry] : entries_) {
        if (entry.service) result.overrides.push_back(std::move(*entry.service));
        for (auto& [endpoint, each] : entry.value) result.overrides.push_back(std::move(each));
        for (auto& [endpoint, each] : entry.weight) result.overrides.push_back(std::move(each));
        for (model::Leaving& each : entry.leaving) result.leaving.push_back(std::move(each));
    }
    std::ranges::sort(result.overrides, {}, number_of);
    return result;
}

Override Ledger::make(OverrideKind kind, const model::ServiceKey& key, const Occasion& occasion) {
    return {.name = fmt::format("o{}", ++rest_.names_given),
            .kind = kind,
            .service = key,
            .since = occasion.now,
            .until = occasion.until,
            .who = occasion.who};
}

Override Ledger::make(OverrideKind kind, const ServerName& server, const Occasion& occasion) {
    Override result = make(kind, server.service, occasion);
    result.server = server.server;
    return result;
}

const model::Service* Ledger::configured(const model::ServiceKey& key) const {
    const Index::Parts* parts = index_.find(key);
    return parts == nullptr ? nullptr : parts->configured;
}

const model::Server* Ledger::configured(const ServerName& name) const {
    const auto entry = entries_.find(name.service);
    if (entry != entries_.end() && entry->second.service && entry->second.service->kind == OverrideKind::service_added) return nullptr;
    return find(configured(name.service), name.server);
}

std::optional<health::ServerView> Ledger::observed(const ServerName& name) const {
    const Index::Parts* parts = index_.find(name.service);
    if (parts == nullptr || parts->observed == nullptr) return std::nullopt;
    const auto found = std::ranges::find(parts->observed->servers, name.server, &health::ServerView::endpoint);
    return found == parts->observed->servers.end() ? std::nullopt : std::optional(*found);
}

bool Ledger::is_sorry(const ServerName& name) const {
    const Index::Parts* parts = index_.find(name.service);
    return parts != nullptr && parts->pool != nullptr && parts->pool->sorry && parts->pool->sorry->endpoint == name.server;
}

void Ledger::carry_out(const model::Operation& operation, const Occasion& occasion) {
    std::visit([&](const auto& each) { execute(each, occasion); }, operation);
}

void Ledger::execute(const model::AddService& operation, const Occasion& occasion) {
    Override made = make(OverrideKind::service_added, operation.service.key, occasion);
    made.value = header_of(operation.service);
    entries_[operation.service.key].service = std::move(made);
}

void Ledger::execute(const model::EditService& operation, const Occasion& occasion) {
    const model::ServiceKey& key = operation.service.key;
    Entry& entry = entries_[key];
    const model::Service value = header_of(operation.service);
    if (entry.service && entry.service->kind == OverrideKind::service_added) {
        entry.service->value = value;
        return;
    }
    const model::Service* file = configured(key);
    if (file != nullptr && header_of(*file) == value) {
        entry.service.reset();
        return;
    }
    entry.service = make(file == nullptr ? OverrideKind::service_added : OverrideKind::service_edited, key, occasion);
    entry.service->value = value;
}

void Ledger::execute(const model::DeleteService& operation, const Occasion& occasion) {
    entries_.erase(operation.key);
    if (configured(operation.key) != nullptr)
        entries_[operation.key].service = make(OverrideKind::service_removed, operation.key, occasion);
}

void Ledger::execute(const model::AddServer& operation, const Occasion& occasion) {
    const ServerName name{operation.key, operation.server.endpoint};
    Entry& entry = entries_[name.service];
    if (configured(name.service) == nullptr && !entry.service && !entry.leaving.empty()) {
        // What an operator gives a server to shall not go with the last of those that leave.
        entry.service = make(OverrideKind::service_added, name.service, occasion);
        entry.service->value = header_of(entry.leaving.front().service);
    }
    const auto before = entry.value.find(name.server);
    const bool was_removed = before != entry.value.end() && before->second.kind == OverrideKind::server_removed;
    if (before != entry.value.end()) entry.value.erase(before);
    entry.weight.erase(name.server);
    const model::Server* file = configured(name);
    const bool stands_last = file != nullptr && file == &configured(name.service)->servers.back() &&
                             std::ranges::none_of(entry.value, [](const auto& each) { return each.second.kind == OverrideKind::server_added; });
    const auto seen = observed(name);
    if (was_removed && stands_last && *file == operation.server && (!seen || (seen->in_service && seen->weight == file->weight))) return;
    Override made = make(OverrideKind::server_added, name, occasion);
    made.server_value = operation.server;
    entry.value.insert_or_assign(name.server, std::move(made));
}

void Ledger::execute(const model::EditServer& operation, const Occasion& occasion) {
    const ServerName name{operation.key, operation.server.endpoint};
    Entry& entry = entries_[name.service];
    const auto leaving = [&](const model::Leaving& each) { return each.server.endpoint == name.server; };
    const model::Server* file = configured(name);
    entry.weight.erase(name.server);
    const auto own = entry.value.find(name.server);
    if (own != entry.value.end() && own->second.kind == OverrideKind::server_added) {
        own->second.server_value = operation.server;
        return;
    }
    if (file == nullptr && std::erase_if(entry.leaving, leaving) > 0)
        return execute(model::AddServer{name.service, operation.server}, occasion);
    if (own != entry.value.end()) entry.value.erase(own);
    if (file != nullptr && only_weight_differs(*file, operation.server)) return set_weight(name, operation.server.weight, occasion);
    Override made = make(OverrideKind::server_edited, name, occasion);
    made.server_value = operation.server;
    entry.value.insert_or_assign(name.server, std::move(made));
}

void Ledger::execute(const model::DeleteServer& operation, const Occasion& occasion) {
    const ServerName name{operation.key, operation.endpoint};
    Entry& entry = entries_[name.service];
    entry.value.erase(name.server);
    entry.weight.erase(name.server);
    std::erase_if(entry.leaving, [&](const model::Leaving& each) { return each.server.endpoint == name.server; });
    if (configured(name) != nullptr || is_sorry(name))
        entry.value.insert_or_assign(name.server, make(OverrideKind::server_removed, name, occasion));
}

void Ledger::execute(const model::Flush&, const Occasion& occasion) {
    entries_.clear();
    for (const model::Service& service : site_.cluster.services) execute(model::DeleteService{service.key}, occasion);
}

void Ledger::execute(const model::SetTimeouts& operation, const Occasion& occasion) {
    model::Timeouts timeouts = timeouts_ ? timeouts_->timeouts : site_.cluster.timeouts;
    for (const auto field : {&model::Timeouts::tcp, &model::Timeouts::tcp_fin, &model::Timeouts::udp})
        if (operation.timeouts.*field != std::chrono::seconds{0}) timeouts.*field = operation.timeouts.*field;
    timeouts_.reset();
    if (timeouts == site_.cluster.timeouts) return;
    timeouts_ = make(OverrideKind::timeouts, model::ServiceKey{}, occasion);
    timeouts_->timeouts = timeouts;
}

void Ledger::execute(const model::Zero&, const Occasion&) {}

// On what an operator added, the weight is its own; on a configured server it lies above the file's.
void Ledger::set_weight(const ServerName& name, std::uint32_t weight, const Occasion& occasion) {
    Entry& entry = entries_[name.service];
    entry.weight.erase(name.server);
    const auto own = entry.value.find(name.server);
    if (own != entry.value.end() && own->second.kind != OverrideKind::server_removed) {
        own->second.server_value.weight = weight;
        return;
    }
    const model::Server* file = configured(name);
    const auto seen = observed(name);
    if (file != nullptr && file->weight == weight && (!seen || seen->weight == weight || !seen->up)) return;
    Override made = make(OverrideKind::weight, name, occasion);
    made.weight = weight;
    entry.weight.insert_or_assign(name.server, std::move(made));
}

void Ledger::carry_out(const ServerName& name, const ServerChange& change, const Occasion& occasion) {
    Entry& entry = entries_[name.service];
    if (change.kind == ServerChange::Kind::weight && !occasion.until) return set_weight(name, change.weight, occasion);
    entry.weight.erase(name.server);
    if (change.kind == ServerChange::Kind::enable) {
        const auto own = entry.value.find(name.server);
        if (own != entry.value.end() && own->second.kind == OverrideKind::server_removed) entry.value.erase(own);
        return;
    }
    const OverrideKind kind = change.kind == ServerChange::Kind::drain     ? OverrideKind::drained
                              : change.kind == ServerChange::Kind::disable ? OverrideKind::disabled
                                                                           : OverrideKind::weight;
    Override made = make(kind, name, occasion);
    made.weight = change.weight;
    if (kind == OverrideKind::drained) {
        made.then = change.then;
        made.deadline = change.deadline;
    }
    entry.weight.insert_or_assign(name.server, std::move(made));
}

model::RunState executed(const model::Site& site, model::RunState state, const health::View& view,
                         std::span<const model::Operation> operations, const Occasion& occasion) {
    Ledger ledger(site, std::move(state), view);
    for (const model::Operation& each : operations) ledger.carry_out(each, occasion);
    return std::move(ledger).state();
}

model::RunState changed(const model::Site& site, model::RunState state, const ServerName& server, const ServerChange& change,
                        const Occasion& occasion) {
    Ledger ledger(site, std::move(state), {});
    ledger.carry_out(server, change, occasion);
    return std::move(ledger).state();
}

}  // namespace lvx::layers

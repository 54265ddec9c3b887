// How a worker takes a setting over: equal checks of the same real server of the same pool keep state, time and running
// conversation; others are new, up unless alpha, but down when their server was.
#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <set>

#include "health/worker_parts.hh"

namespace lvx::health {

namespace {

// The system's certificates take megabytes: they are read when somebody is to be verified.
bool needs_trust(const Setting& setting) {
    for (const model::Pool& pool : setting.pools) {
        for (const model::WatchedServer& server : pool.servers) {
            for (const model::Check& check : server.checks) {
                const auto* http = std::get_if<model::HttpCheck>(&check.kind);
                if (http != nullptr && http->tls_verify) return true;
            }
        }
    }
    return false;
}

double tcp_checks_a_second(const Setting& setting) {
    double sum = 0;
    for (const model::Pool& pool : setting.pools) {
        for (const model::WatchedServer& server : pool.servers) {
            for (const model::Check& check : server.checks) {
                if (std::holds_alternative<model::TcpCheck>(check.kind)) sum += 1 / std::chrono::duration<double>(check.timing.delay_loop).count();
            }
        }
    }
    return sum;
}

}  // namespace

Setting setting_of(const model::Site& site) {
    return {.pools = site.pools, .files = site.vrrp.files, .tls = site.globals.tls,
            .rules = {.user = site.globals.script_user, .group = site.globals.script_group, .security = site.globals.script_security},
            .start_notifies = site.globals.rs_init_notifies, .log_all_failures = site.globals.checker_log_all_failures};
}

Result<void> Worker::configure(std::shared_ptr<const Setting> setting, Instant now) {
    if (!runner_) {
        runner_ = TRY(script::Runner::start(setting->rules, script::Limits{}));
        tools_.runner = runner_.get();
        TRY(watch_fd(runner_->fd(), &runner_));
    } else {
        runner_->set_rules(setting->rules);
    }
    if (!setting_ || setting_->tls != setting->tls || needs_trust(*setting) != trusts_) TRY(make_tls(*setting));
    tools_.crowd = tcp_checks_a_second(*setting) >= crowd_rate;
    Carried before = carry();
    setting_ = std::move(setting);
    make_slots(before, now);
    make_pools(before, now);
    // What is left of the old slots runs for nobody.
    slots_.swap(before.slots);
    for (SlotIndex i = 0; i < slots_.size(); ++i) cancel(i);
    slots_.swap(before.slots);
    stop_the_gone(before);
    follow_files();
    look_at_files(now);
    publish(now);
    return {};
}

Worker::Carried Worker::carry() {
    Carried before = {.setting = setting_, .slots = std::move(slots_), .times = {}, .pools = std::move(pools_), .servers = {}, .pool_numbers = {}};
    slots_.clear();
    pools_.clear();
    for (SlotIndex i = 0; i < before.slots.size(); ++i) {
        before.times.push_back(timers_.when(i));
        const Slot& slot = before.slots[i];
        const model::Pool& pool = setting_->pools[slot.pool];
        const auto key = std::pair(pool.services.front(), pool.servers[slot.server].endpoint);
        auto& place = before.servers.try_emplace(key, Carried::Place{slot.pool, slot.server, i, 0}).first->second;
        ++place.slots;
    }
    for (std::uint32_t number = 0; number < before.pools.size(); ++number) {
        const model::Pool& pool = setting_->pools[number];
        before.pool_numbers.emplace(pool.services.front(), number);
        for (ServerIndex i = 0; i < pool.servers.size(); ++i) {
            before.servers.try_emplace(std::pair(pool.services.front(), pool.servers[i].endpoint), Carried::Place{number, i, 0, 0});
        }
    }
    return before;
}

void Worker::make_slots(Carried& before, Instant now) {
    std::size_t checks = 0;
    for (const model::Pool& pool : setting_->pools) {
        for (const model::WatchedServer& server : pool.servers) checks += server.checks.size();
    }
    slots_.reserve(checks);
    timers_ = {};
    timers_.resize(checks + setting_->pools.size() + 1);
    for (std::uint32_t p = 0; p < setting_->pools.size(); ++p) {
        const model::Pool& pool = setting_->pools[p];
        for (ServerIndex s = 0; s < pool.servers.size(); ++s) {
            for (const model::Check& check : pool.servers[s].checks) make_slot(before, p, s, check, now);
        }
    }
}

void Worker::make_slot(Carried& before, std::uint32_t pool, ServerIndex server, const model::Check& check, Instant now) {
    const model::Pool& configured = setting_->pools[pool];
    const auto known = before.servers.find(std::pair(configured.services.front(), configured.servers[server].endpoint));
    const auto index = static_cast<SlotIndex>(slots_.size());
    Slot fresh;
    fresh.memory = begin(check.timing);
    fresh.since = now;
    if (known != before.servers.end()) {
        const Carried::Place& place = known->second;
        for (std::uint32_t i = place.first_slot; i < place.first_slot + place.slots; ++i) {
            Slot& old = before.slots[i];
            if (old.check == nullptr || *old.check != check) continue;
            slots_.push_back(std::exchange(old, Slot()));
            Slot& slot = slots_.back();
            slot.check = &check;
            slot.pool = pool;
            slot.server = server;
            if (slot.run) slot.run->slot = index;
            if (before.times[i]) timers_.set(index, *before.times[i]);
            return;
        }
        if (!before.pools[place.pool]->server(place.server).up && !check.timing.alpha) fresh.memory.up = false;
    }
    fresh.check = &check;
    fresh.pool = pool;
    fresh.server = server;
    slots_.push_back(std::move(fresh));
    schedule(index, now);
}

void Worker::make_pools(const Carried& before, Instant now) {
    for (std::uint32_t number = 0; number < setting_->pools.size(); ++number) {
        const model::Pool& pool = setting_->pools[number];
        auto machine = std::make_unique<PoolMachine>(pool);
        for (ServerIndex i = 0; i < pool.servers.size(); ++i) {
            const auto known = before.servers.find(std::pair(pool.services.front(), pool.servers[i].endpoint));
            if (known == before.servers.end()) continue;
            ServerMemory memory = before.pools[known->second.pool]->server(known->second.server);
            memory.failed = 0;
            memory.delta = 0;
            machine->prepare(i, std::move(memory));
        }
        const auto carried = before.pool_numbers.find(pool.services.front());
        if (carried != before.pool_numbers.end()) {
            const PoolMachine& old = *before.pools[carried->second];
            machine->prepare_quorum(old.quorum_up(), old.sorry_in());
        }
        pools_.push_back(std::move(machine));
    }
    for (const Slot& slot : slots_) {
        ServerMemory memory = pools_[slot.pool]->server(slot.server);
        memory.failed = static_cast<std::uint16_t>(memory.failed + (slot.memory.up ? 0 : 1));
        memory.delta += slot.weight_added;
        pools_[slot.pool]->prepare(slot.server, std::move(memory));
    }
    changed_pools_.clear();
    views_.clear();
    for (std::uint32_t number = 0; number < pools_.size(); ++number) {
        carry_out(number, pools_[number]->start({.notifies = setting_->start_notifies}, now));
    }
}

// Pools that are gone say good-bye, as omega wants it.
void Worker::stop_the_gone(const Carried& before) {
    for (const auto& [key, number] : before.pool_numbers) {
        if (std::ranges::any_of(setting_->pools, [&](const model::Pool& pool) { return pool.services.front() == key; })) continue;
        for (Action& action : before.pools[number]->stop()) {
            if (auto* notice = std::get_if<notify::Notice>(&action)) outside_.tell(std::move(*notice));
        }
    }
}

// Answers to a check through a virtual address come to whoever holds the address.
bool Worker::suspended(const model::Pool& pool, const model::Check& check) const {
    const auto here = [this](const Address& address) { return local_addresses_.contains(address); };
    if (check.target.through && setting_->shared.contains(check.target.through->address) && !here(check.target.through->address)) return true;
    return pool.ha_suspend && std::ranges::none_of(pool.services, [&](const model::ServiceKey& key) { return here(key.address); });
}

void Worker::schedule(SlotIndex index, Instant now) {
    const Slot& slot = slots_[index];
    if (!runs_by_itself(*slot.check) || suspended(setting_->pools[slot.pool], *slot.check)) return timers_.clear(index);
    timers_.set(index, now + first_delay(slot.check->timing, chance_()));
}

// Checks of a pool that is suspended keep their last word.
void Worker::set_local_addresses(std::set<Address> addresses, Instant now) {
    std::vector<bool> before;
    const auto is_suspended = [this](const Slot& slot) { return suspended(setting_->pools[slot.pool], *slot.check); };
    for (const Slot& slot : slots_) before.push_back(is_suspended(slot));
    local_addresses_ = std::move(addresses);
    for (SlotIndex i = 0; i < slots_.size(); ++i) {
        if (before[i] == is_suspended(slots_[i])) continue;
        cancel(i);
        schedule(i, now);
    }
}

void Worker::follow_files() {
    std::set<std::string> directories;
    for (const model::TrackFile& file : setting_->files) directories.insert(directory_of(file.path));
    for (const model::Pool& pool : setting_->pools) {
        if (!pool.maintenance_directory.empty()) directories.insert(pool.maintenance_directory);
    }
    files_->follow(directories);
}

void Worker::look_at_files(Instant now) {
    for (SlotIndex i = 0; i < slots_.size(); ++i) {
        if (std::holds_alternative<model::FileCheck>(slots_[i].check->kind)) look_at_file(i, now);
        if (const auto* bfd = std::get_if<model::BfdCheck>(&slots_[i].check->kind)) {
            const auto known = bfd_.find(bfd->name);
            if (known != bfd_.end()) decide(i, known->second ? passed("session is up") : failed("session is down"), now);
        }
    }
    look_at_maintenance(now);
}

void Worker::look_at_file(SlotIndex index, Instant now) {
    const auto& check = std::get<model::FileCheck>(slots_[index].check->kind);
    const auto file = std::ranges::find(setting_->files, check.track_file, &model::TrackFile::name);
    if (file == setting_->files.end()) return;
    const std::int64_t value = read_file_value(file->path);
    const FileResult result = file_result(value, check.weight ? *check.weight : file->weight, check.weight ? check.reverse : file->reverse);
    Outcome outcome = result.failed ? failed(fmt::format("the file's value is {}", value)) : passed(fmt::format("value {}", value));
    outcome.weight_added = result.added;
    decide(index, outcome, now);
}

// The result of a check that waits for something to happen; nothing is tried again.
void Worker::decide(SlotIndex index, const Outcome& outcome, Instant now) {
    Slot& slot = slots_[index];
    const bool good = outcome.verdict == Verdict::passed;
    const bool was_up = slot.memory.up;
    slot.memory.up = good;
    slot.memory.has_run = true;
    slot.started = now;
    if (slot.reason != outcome.reason) ++slot.runs;
    slot.reason = outcome.reason;
    if (was_up != good) {
        slot.failures += good ? 0 : 1;
        tell_result(slot, {.memory = slot.memory, .change = good ? Change::went_up : Change::went_down}, outcome);
        set_state(index, good, outcome.reason, now);
    }
    if (good) add_weight(index, outcome.weight_added, outcome.reason, now);
}

void Worker::set_bfd(const std::string& session, bool up, Instant now) {
    const auto known = bfd_.find(session);
    if (known != bfd_.end() && known->second == up) return;
    bfd_[session] = up;
    look_at_files(now);
}

// Host names count by what is known of them by now; what is learnt later brings us here again.
void Worker::look_at_maintenance(Instant now) {
    std::map<std::string, Maintenance> directories;
    std::set<std::string> hosts;
    for (const model::Pool& pool : setting_->pools) {
        const auto [entry, fresh] = directories.try_emplace(pool.maintenance_directory);
        if (!fresh || pool.maintenance_directory.empty()) continue;
        entry->second = in_maintenance(pool.maintenance_directory);
        for (const HostPort& each : entry->second.hosts) hosts.insert(each.host);
    }
    names_->follow(hosts);
    if (names_->left_out() > 0 && counters_.names_left_out == 0)
        outside_.emit(model::event(model::EventKind::maintenance_names_left_out, {std::to_string(names_->left_out()), std::to_string(HostNames::limit)}));
    counters_.names_left_out = names_->left_out();
    for (auto& [directory, maintenance] : directories)
        for (const HostPort& each : maintenance.hosts)
            for (const Address& address : names_->addresses_of(each.host)) maintenance.servers.insert({address, each.port});
    for (std::uint32_t number = 0; number < pools_.size(); ++number) {
        const model::Pool& pool = setting_->pools[number];
        const std::set<Endpoint>& named = directories.at(pool.maintenance_directory).servers;
        for (ServerIndex i = 0; i < pool.servers.size(); ++i) {
            const Endpoint& server = pool.servers[i].endpoint;
            const bool wanted = named.contains(server) || named.contains({server.address, 0});
            if (wanted == pools_[number]->server(i).maintenance) continue;
            carry_out(number, wanted ? pools_[number]->on(MaintenanceBegan{i}, now) : pools_[number]->on(MaintenanceEnded{i}, now));
        }
    }
}

Result<void> Worker::make_tls(const Setting& setting) {
    const model::CheckTls& tls = setting.tls;
    trusts_ = needs_trust(setting);
    SSL_CTX* contexts[] = {SSL_CTX_new(TLS_client_method()), SSL_CTX_new(TLS_client_method())};
    std::string refused;
    for (SSL_CTX* context : contexts) {
        if (context == nullptr) return refusal("cannot make a TLS context", ENOMEM);
        if (!tls.password.empty()) SSL_CTX_set_default_passwd_cb_userdata(context, const_cast<char*>(tls.password.c_str()));
        if (!tls.certificate.empty() && SSL_CTX_use_certificate_chain_file(context, tls.certificate.c_str()) != 1) refused = tls.certificate;
        if (!tls.key.empty() && SSL_CTX_use_PrivateKey_file(context, tls.key.c_str(), SSL_FILETYPE_PEM) != 1) refused = tls.key;
        if (!trusts_) continue;
        const bool has_ca = tls.ca.empty() ? SSL_CTX_set_default_verify_paths(context) == 1
                                           : SSL_CTX_load_verify_locations(context, tls.ca.c_str(), nullptr) == 1;
        if (!has_ca) refused = tls.ca;
    }
    SSL_CTX_set_verify(contexts[1], SSL_VERIFY_PEER, nullptr);
    ERR_clear_error();
    SSL_CTX_free(tools_.tls);
    SSL_CTX_free(tools_.tls_verifying);
    tools_.tls = contexts[0];
    tools_.tls_verifying = contexts[1];
    if (!refused.empty()) outside_.emit(model::event(model::EventKind::tls_refused, {refused, "TLS checks go without it"}));
    return {};
}

}  // namespace lvx::health

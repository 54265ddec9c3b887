#include "dataplane/bpf_dataplane.hh"

#include <algorithm>
#include <array>
#include <set>

#include "abi/state.h"
#include "base/ensure.hh"
#include "bpf/table/sweep.h"
#include "dataplane/abandoned.hh"
#include "dataplane/check_flow.hh"
#include "dataplane/counters.hh"
#include "dataplane/recount.hh"
#include "plan/marks.hh"

namespace lvx::dataplane {
namespace {

using namespace std::chrono_literals;

constexpr auto sweep_round = 1s;
// After a pause a slice is longer, but never so long that the loop is held up.
constexpr auto longest_step = 50ms;
constexpr std::uint32_t shortest_slice = 256;
// A table with less than this part of its capacity in use is sparse: of 20 connections 19 stand where they like best.
constexpr std::uint32_t sparse_share = 8;

constexpr std::array state_words = {
#define X(name, word, seconds, active) word,
    CONNECTION_STATES(X)
#undef X
};

constexpr const char* template_assured_word = "ASSURED";

Port host_order(std::uint16_t port) { return static_cast<Port>(port << 8 | port >> 8); }

Layout layout_of(const abi::root& root) {
    return {.capacity = root.capacity,
            .buckets = root.buckets,
            .services = root.max_services,
            .servers = root.max_servers,
            .pool_words = root.pool_words,
            .nexthops = root.max_nexthops,
            .cpus = root.cpus};
}

}  // namespace

Result<std::unique_ptr<Dataplane>> open(const Options& options) {
    Pins pins = TRY(Pins::open(options.directory));
    Loaded loaded = TRY(load(pins, options));
    Grace grace = TRY(Grace::make());
    return std::make_unique<BpfDataplane>(std::move(pins), std::move(loaded), std::move(grace));
}

BpfDataplane::BpfDataplane(Pins pins, Loaded loaded, Grace grace)
    : pins_(std::move(pins)),
      loaded_(std::move(loaded)),
      grace_(std::move(grace)),
      nexthops_(loaded_.tables, grace_),
      store_(loaded_.tables, grace_, nexthops_),
      attachments_(loaded_.tables, loaded_.programs, pins_),
      table_(connection_table(loaded_.tables)),
      image_(store_.adopt()),
      last_sweep_(std::chrono::steady_clock::now()) {
    if (loaded_.adopted) free_abandoned(table_, now(), [this] { grace_.wait(); });
    if (image_) {
        adopted_cluster_ = plan::cluster_of(*image_);
        recount(loaded_.tables.connections.all(), loaded_.tables.server_loads.all());
    }
    adoption_errors_ = attachments_.adopt();
    if (!loaded_.adopted) return;
    grace_.wait();  // packets may still be in the programs of before
    forget_old_rests(pins_, loaded_.programs);
}

Result<void> BpfDataplane::apply(const model::Cluster& cluster) {
    const std::scoped_lock lock(configuration_);
    ++applications_;
    store_.settle();
    return apply_whole(cluster);
}

Result<void> BpfDataplane::apply_some(const model::Cluster& cluster, std::span<const std::size_t> changed) {
    const std::scoped_lock lock(configuration_);
    ++applications_;
    store_.settle();
    std::vector<const model::Service*> services;
    for (const std::size_t place : changed) services.push_back(&cluster.services[place]);
    const std::optional<plan::Patch> patch = TRY(plan::patch_of(services, running_state(), limits()));
    if (!patch) return apply_whole(cluster);
    for (const auto& [place, id] : patch->joined) zero_server(loaded_.tables, id);
    return store_.store(*patch, *image_);
}

void BpfDataplane::keep(const model::ServiceKey& service, std::vector<Endpoint> servers) {
    if (servers.empty()) kept_.erase(service);
    else kept_[service] = std::move(servers);
}

Result<void> BpfDataplane::apply_whole(const model::Cluster& cluster) {
    plan::Image next = TRY(plan::build(cluster, running_state(), limits()));
    count_anew(next);
    TRY(store_.store(next, image_ ? &*image_ : nullptr));
    image_ = std::move(next);
    std::erase_if(kept_, [this](const auto& each) { return !image_->registry.services.contains(each.first); });
    return {};
}

plan::Limits BpfDataplane::limits() const {
    const abi::root& root = loaded_.tables.header();
    return {.services = root.max_services, .servers = root.max_servers, .pool_words = root.pool_words};
}

plan::Running BpfDataplane::running_state() const {
    const Tables& tables = loaded_.tables;
    plan::Running running{.image = image_ ? &*image_ : nullptr,
                          .member_in_use = members_in_use(),
                          .tick_shift = tables.header().tick_shift,
                          .hertz = tables.header().hertz,
                          .kept = &kept_};
    for (const abi::schedule_cursor& cursor : tables.schedule_cursors.all())
        running.cursors.push_back(__atomic_load_n(&cursor.position, __ATOMIC_RELAXED));
    for (const abi::server_load& load : tables.server_loads.all())
        running.server_in_use.push_back(__atomic_load_n(&load.total, __ATOMIC_ACQUIRE) != 0 ||
                                        __atomic_load_n(&load.persistent, __ATOMIC_ACQUIRE) != 0);
    return running;
}

std::vector<Error> BpfDataplane::set_interfaces(const std::vector<net::InterfaceChoice>& choices) {
    std::vector<Error> errors = std::exchange(adoption_errors_, {});
    std::ranges::move(attachments_.set(choices), std::back_inserter(errors));
    return errors;
}

void BpfDataplane::set_ways(const std::vector<ServerWay>& ways) { nexthops_.set(ways); }

void BpfDataplane::set_templates(QuiescentServers servers) {
    __atomic_store_n(&loaded_.tables.header().expire_quiescent, servers == QuiescentServers::left ? 1u : 0u, __ATOMIC_RELEASE);
}

void BpfDataplane::forget_client_ways() {
    abi::root& root = loaded_.tables.header();
    // 0 is what a connection has that was never looked up.
    const std::uint32_t next = root.client_generation + 1;
    __atomic_store_n(&root.client_generation, next == 0 ? 1 : next, __ATOMIC_RELEASE);
}

std::uint32_t BpfDataplane::now() const {
    return static_cast<std::uint32_t>(jiffies(loaded_.programs.clock) >> loaded_.tables.header().tick_shift);
}

void BpfDataplane::sweep() {
    const auto time = std::chrono::steady_clock::now();
    const std::chrono::duration<double> step = std::min<std::chrono::steady_clock::duration>(time - last_sweep_, longest_step);
    last_sweep_ = time;
    const std::uint32_t slots = table_.buckets * SLOTS_PER_BUCKET;
    const auto share = static_cast<std::uint32_t>(slots * (step / sweep_round));
    const std::uint32_t slice = std::min(std::max(share, shortest_slice), slots - swept_);
    seen_ += table::table_sweep(&table_, swept_, slice, loaded_.tables.active_set(), now()).live;
    swept_ += slice;
    if (swept_ == slots) finish_round();
    if (image_) store_.level(*image_);
}

// Tells packets where to look first (abi/root.h).
void BpfDataplane::finish_round() {
    const std::uint32_t sparse = seen_ < loaded_.tables.header().capacity / sparse_share;
    __atomic_store_n(&loaded_.tables.header().sparse, sparse, __ATOMIC_RELAXED);
    swept_ = seen_ = 0;
}

std::optional<std::uint32_t> BpfDataplane::id_of(const model::ServiceKey& key) const {
    if (!image_) return std::nullopt;
    const auto found = image_->registry.services.find(key);
    if (found == image_->registry.services.end()) return std::nullopt;
    return found->second;
}

api::Traffic BpfDataplane::service_counters(const model::ServiceKey& key) const {
    const auto id = id_of(key);
    if (!id) return {};
    api::Traffic total = service_traffic(loaded_.tables, *id);
    for (const std::uint32_t member : members_of(*id)) total = sum(total, service_traffic(loaded_.tables, member));
    return total;
}

ServerTraffic BpfDataplane::server_traffic(const model::ServiceKey& key, const Endpoint& endpoint) const {
    const auto service = id_of(key);
    if (!service) return {};
    const auto found = image_->registry.servers.find({*service, endpoint});
    if (found == image_->registry.servers.end()) return {};
    const abi::server_load& load = loaded_.tables.server_loads[found->second];
    const std::uint64_t active = __atomic_load_n(&load.active, __ATOMIC_RELAXED);
    const std::uint64_t total = __atomic_load_n(&load.total, __ATOMIC_RELAXED);
    return {.active = active,
            .inactive = total > active ? total - active : 0,
            .persistent = __atomic_load_n(&load.persistent, __ATOMIC_RELAXED),
            .counters = dataplane::server_traffic(loaded_.tables, found->second),
            .answers = answers(loaded_.tables, found->second)};
}

std::vector<api::VerdictSnapshot> BpfDataplane::verdicts() const {
    std::map<std::uint32_t, std::string> names = {{unknown_slot, "none"}};
    for (const auto& [ifindex, attached] : attachments_.all()) names.emplace(attached.slot, attached.name);
    return verdict_list(loaded_.tables, names);
}

std::uint64_t BpfDataplane::connections(std::uint64_t from, const api::ConnectionVisitor& visit) const {
    const std::uint32_t slots = table_.buckets * SLOTS_PER_BUCKET;
    const std::uint32_t tick = now();
    if (from == 0) table::table_assure(&table_, loaded_.tables.active_set(), tick);
    for (std::uint64_t slot = from; slot < slots; ++slot) {
        const abi::connection connection = table::table_copy(&table_, static_cast<std::uint32_t>(slot));
        if (!table::control_live(connection.control, tick)) continue;
        if (visit(told(connection, tick)) == api::Visit::stop) return slot + 1 < slots ? slot + 1 : api::end_of_table;
    }
    return api::end_of_table;
}

std::optional<std::uint32_t> BpfDataplane::server_id(const ServerPlace& place) const {
    const auto service = id_of(place.service);
    if (!service) return std::nullopt;
    const auto found = image_->registry.servers.find({*service, place.server});
    if (found == image_->registry.servers.end()) return std::nullopt;
    return found->second;
}

std::uint64_t BpfDataplane::end_connections(std::span<const ServerPlace> servers) {
    std::vector<bool> ends(loaded_.tables.header().max_servers);
    for (const ServerPlace& place : servers) {
        if (const auto id = server_id(place)) ends[*id] = true;
    }
    if (std::ranges::find(ends, true) == ends.end()) return 0;
    std::uint64_t ended = 0;
    const std::uint32_t slots = table_.buckets * SLOTS_PER_BUCKET, tick = now(), set = loaded_.tables.active_set();
    for (std::uint32_t slot = 0; slot < slots; ++slot) {
        const abi::connection connection = table::table_copy(&table_, slot);
        if (!table::control_live(connection.control, tick) || connection.server >= ends.size() || !ends[connection.server]) continue;
        if (connection.flags & abi::CONNECTION_TEMPLATE) continue;  // followed only while its server may be
        ended += static_cast<std::uint64_t>(table::table_remove(&table_, slot, connection.control, set, tick));
    }
    return ended;
}

Result<void> BpfDataplane::begin_check(const CheckFlow& flow) {
    const std::unique_lock lock(configuration_, std::try_to_lock);
    if (!lock) return refusal("cannot check through a virtual service", EBUSY, "the configuration is being changed");
    const auto attached = [&](const abi::interface& interface) { return interface.ifindex == flow.ifindex; };
    if (std::ranges::none_of(loaded_.tables.interfaces.all(), attached))
        return refusal("cannot check through a virtual service", EAGAIN, "its interface has no hook yet");
    const auto service = id_of(flow.place.service);
    const auto server = server_id(flow.place);
    if (!service || !server) return refusal("cannot check " + flow.place.server.text() + " through " + flow.place.service.text(), ENOENT, "the data plane does not have that server yet");
    check_ifindex_ = flow.ifindex;
    return insert_check(table_, flow, {.service = *service, .server = *server, .set = loaded_.tables.active_set(), .tick = now(),
                                       .client_generation = loaded_.tables.header().client_generation});
}

bool BpfDataplane::end_check(const CheckFlow& flow) {
    const std::unique_lock lock(configuration_, std::try_to_lock);
    if (lock) remove_check(table_, flow, loaded_.tables.active_set(), now());
    return lock.owns_lock();
}

// A tick is about a second.  How long a connection has been in its state since its last packet follows from its expiry.
std::vector<ServerSigns> BpfDataplane::signs(std::span<const ServerPlace> servers) {
    constexpr std::uint32_t stands_still = 3;
    const abi::root& root = loaded_.tables.header();
    const std::uint32_t slots = table_.buckets * SLOTS_PER_BUCKET, tick = now();
    const std::uint32_t passed = std::min(tick - std::exchange(signs_seen_, tick), stands_still);
    const std::span<const abi::service> services = loaded_.tables.services_of(loaded_.tables.active_set());
    std::vector<ServerSigns> by_id(root.max_servers);
    for (std::uint32_t slot = 0; passed > 0 && slot < slots; ++slot) {
        const std::uint64_t control = load_control(&table_.slots[slot]);
        const std::uint32_t state = table::control_state(control);
        if ((state != STATE_syn_recv && state != STATE_close) || !table::control_live(control, tick)) continue;
        const abi::connection connection = table::table_copy(&table_, slot);
        if (connection.control == 0 || connection.service >= services.size() || connection.server >= by_id.size()) continue;
        if (connection.return_ifindex != 0 && connection.return_ifindex == check_ifindex_) continue;  // a check, not traffic
        const std::uint32_t age = services[connection.service].timeout_ticks[state] - (table::control_expires(control) - tick);
        if (state == STATE_close && age < passed) ++by_id[connection.server].reset;
        if (state == STATE_syn_recv && age >= stands_still && age - stands_still < passed) ++by_id[connection.server].silent;
    }
    std::vector<ServerSigns> result;
    for (const ServerPlace& place : servers) {
        const auto id = server_id(place);
        result.push_back(id ? by_id[*id] : ServerSigns{});
    }
    return result;
}

api::ConnectionSnapshot BpfDataplane::told(const abi::connection& connection, std::uint32_t tick) const {
    const Tables& tables = loaded_.tables;
    const std::uint32_t set = tables.active_set();
    const std::uint32_t left = table::control_expires(connection.control) - tick;
    const std::uint32_t state = table::control_state(connection.control);
    api::ConnectionSnapshot result{
        .protocol = static_cast<model::Protocol>(connection.protocol),
        .state = state >= state_words.size() ? "?" : state == STATE_template && table::template_assured(&connection) ? template_assured_word : state_words[state],
        .expires_s = static_cast<std::uint32_t>((std::uint64_t{left} << tables.header().tick_shift) / tables.header().hertz),
        .client = {plan::address_of(connection.client), state == STATE_template ? Port{0} : host_order(connection.client_port)},
        .virtual_service = {{}, host_order(connection.virtual_port)},
        .server = {{}, host_order(connection.server_port)}};
    if (connection.service < tables.header().max_services)
        result.virtual_service.address = plan::address_of(tables.services_of(set)[connection.service].address);
    if (connection.server < tables.header().max_servers)
        result.server.address = plan::address_of(tables.servers_of(set)[connection.server].address);
    return result;
}

TableUse BpfDataplane::use() const {
    const abi::root& root = loaded_.tables.header();
    TableUse result{.capacity = root.capacity, .bytes = bytes(layout_of(root)), .buckets = root.buckets};
    for (const abi::server_load& load : loaded_.tables.server_loads.all())
        result.connections += __atomic_load_n(&load.total, __ATOMIC_RELAXED) + __atomic_load_n(&load.persistent, __ATOMIC_RELAXED);
    return result;
}

void BpfDataplane::zero(const std::optional<model::ServiceKey>& key) {
    if (!image_) return;
    std::set<std::uint32_t> zeroed;
    for (const auto& [service, id] : image_->registry.services) {
        if (key && *key != service && !(plan::is_member(service) && *key == plan::leader_of(service))) continue;
        zero_service(loaded_.tables, id);
        zeroed.insert(id);
    }
    for (const auto& [place, id] : image_->registry.servers)
        if (zeroed.contains(place.first)) zero_server(loaded_.tables, id);
}

std::optional<Lease> BpfDataplane::lease() {
    return Lease(&loaded_.tables.header(), loaded_.tables.guarded.all(), loaded_.programs.clock.get());
}

std::optional<TableAccess> BpfDataplane::table_access() {
    abi::root& root = loaded_.tables.header();
    if (!held_) {
        auto held = HeldAnswers::open(loaded_.tables.held_answers);
        if (held) held_ = std::move(*held);
    }
    return TableAccess{.table = table_,
                       .root = &root,
                       .marks = loaded_.tables.change_marks.all(),
                       .lines = loaded_.tables.change_lines.all(),
                       .tick = [this] { return now(); },
                       .jiffies = [this] { return jiffies(loaded_.programs.clock); },
                       .tick_us = static_cast<std::uint32_t>((std::uint64_t{1'000'000} << root.tick_shift) / root.hertz),
                       .configuration = &configuration_,
                       .generation = &applications_,
                       .held_fd = held_ ? held_->fd() : -1,
                       .take_held = [this](const auto& visit) { if (held_) held_->take(visit); }};
}

void BpfDataplane::stop() {
    attachments_.detach_all();
    pins_.remove_all();
}

}  // namespace lvx::dataplane

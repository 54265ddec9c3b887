#include "cli/ipvsadm/applet.hh"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <utility>
#include <vector>

#include "api/sync_client.hh"
#include "cli/ipvsadm/listing.hh"
#include "cli/sync.hh"

namespace lvx::cli::ipvsadm {

namespace {

namespace grammar = config::ipvsadm;

constexpr int status_ok = 0;
constexpr int status_no_ipvs = 2;     // the real tool's, when the kernel has no IPVS
constexpr int status_refused = 255;
constexpr std::size_t batch_limit = 10'000;  // operations of one request while restoring

void complain(const Surroundings& surroundings, std::string_view text) { surroundings.error(fmt::format("{}\n", text)); }

// As the real tool's two lines, so that scripts that look for them find them.
int cannot_initialize(const Surroundings& surroundings, const Error& error) {
    if (error.code == EACCES || error.code == EPERM) complain(surroundings, "Can't initialize ipvs: Permission denied (you must be root)");
    else complain(surroundings, "Can't initialize ipvs: " + error.sentence());
    if (!error.hint.empty()) complain(surroundings, error.hint);
    return status_no_ipvs;
}

int conversation_failed(const Surroundings& surroundings, const Error& error) {
    complain(surroundings, error.sentence());
    if (!error.hint.empty()) complain(surroundings, error.hint);
    return status_refused;
}

int refuse(const Surroundings& surroundings, const grammar::Command& command, int code) {
    complain(surroundings, grammar::refusal_text(command, code));
    return grammar::refusal_status(command);
}

// ---- listings ----

int list_daemons(api::Client& client, const Surroundings& surroundings) {
    const auto snapshot = api::fetch_sync(client);
    if (!snapshot) return conversation_failed(surroundings, snapshot.error());
    surroundings.out(sync_daemons_text(*snapshot));
    return status_ok;
}

int list(const grammar::List& list, api::Client& client, const Surroundings& surroundings) {
    const grammar::Labels labels = list.numeric ? grammar::numeric_labels() : surroundings.labels;
    if (list.show == grammar::Show::connections) {
        surroundings.out(connections_title(list));
        const auto failed = client.connections([&](const api::ConnectionSnapshot& connection) { surroundings.out(connection_line(connection, labels)); });
        return failed ? status_ok : conversation_failed(surroundings, failed.error());
    }
    if (list.show == grammar::Show::daemons) return list_daemons(client, surroundings);
    const auto snapshot = client.services();
    if (!snapshot) return conversation_failed(surroundings, snapshot.error());
    switch (list.show) {
        case grammar::Show::timeouts: surroundings.out(timeouts_line(snapshot->timeouts)); return status_ok;
        default: break;
    }
    const auto is_wanted = [&](const api::ServiceSnapshot& service) { return service.service.key == list.service; };
    if (list.service && std::ranges::none_of(snapshot->services, is_wanted)) return refuse(surroundings, list, ESRCH);
    surroundings.out(list_services(*snapshot, list, labels));
    return status_ok;
}

model::Cluster cluster_of(const api::ServicesSnapshot& snapshot) {
    model::Cluster cluster{.timeouts = snapshot.timeouts};
    for (const api::ServiceSnapshot& service : snapshot.services) {
        cluster.services.push_back(service.service);
        for (const api::ServerSnapshot& server : service.servers) cluster.services.back().servers.push_back(server.server);
    }
    return cluster;
}

int save(const grammar::Save& save, api::Client& client, const Surroundings& surroundings) {
    const auto snapshot = client.services();
    if (!snapshot) return conversation_failed(surroundings, snapshot.error());
    surroundings.out(grammar::save(cluster_of(*snapshot), save.numeric ? grammar::numeric_labels() : surroundings.labels));
    return status_ok;
}

// ---- operations, alone or many ----

// Operations that wait to be sent in one request.  A refused one is reported and the rest goes on, as the real tool
// does line by line; the status is that of the last one.  After a refusal requests become small, since others may
// follow, and grow again.
class Batch {
 public:
    Batch(api::Client& client, const Surroundings& surroundings) : client_(client), surroundings_(surroundings) {}

    void add(model::Operation operation) {
        waiting_.push_back(std::move(operation));
        if (waiting_.size() == batch_limit) send_all();
    }

    // Status of the last operation sent; `before` if there was none.
    [[nodiscard]] int flush(int before) {
        send_all();
        return std::exchange(status_, std::nullopt).value_or(before);
    }

 private:
    void send_all() {
        const api::Operations all = std::exchange(waiting_, {});
        std::span<const model::Operation> rest = all;
        while (!rest.empty()) rest = rest.subspan(send(rest.first(std::min(rest.size(), request_size_))));
    }

    // How many are done with: executed, or refused and reported.
    std::size_t send(std::span<const model::Operation> some) {
        const auto execution = client_.execute({some.begin(), some.end()});
        if (!execution) {
            status_ = conversation_failed(surroundings_, execution.error());
            return some.size();
        }
        if (execution->refusal == 0 || execution->executed >= some.size()) {
            status_ = status_ok;
            request_size_ = std::min(batch_limit, 2 * request_size_);
            return some.size();
        }
        status_ = refuse(surroundings_, some[execution->executed], execution->refusal);
        request_size_ = std::max<std::size_t>(1, request_size_ / 16);
        return execution->executed + 1;
    }

    api::Client& client_;
    const Surroundings& surroundings_;
    api::Operations waiting_;
    std::size_t request_size_ = batch_limit;
    std::optional<int> status_;
};

int restore(api::Client& client, const Surroundings& surroundings);

int order_daemon(const grammar::Command& command, api::DaemonOrder order, const api::SyncDaemonRequest& request, api::Client& client,
                 const Surroundings& surroundings) {
    const auto refused = api::order_sync_daemon(client, order, request);
    if (!refused) return conversation_failed(surroundings, refused.error());
    return *refused == 0 ? status_ok : refuse(surroundings, command, *refused);
}

const char* word_of(grammar::DaemonRole role) { return role == grammar::DaemonRole::master ? "master" : "backup"; }

api::SyncDaemonRequest request_of(const grammar::StartDaemon& wanted) {
    return {.role = word_of(wanted.role),
            .interface = wanted.interface,
            .sync_id = wanted.sync_id,
            .max_length = wanted.message_length,
            .ttl = wanted.ttl,
            .group = {wanted.group.value_or(Address{}), wanted.port}};
}

int carry_out(const grammar::Command& command, api::Client& client, const Surroundings& surroundings) {
    if (const auto* operation = std::get_if<model::Operation>(&command)) {
        Batch batch(client, surroundings);
        batch.add(*operation);
        return batch.flush(status_ok);
    }
    if (const auto* wanted = std::get_if<grammar::List>(&command)) return list(*wanted, client, surroundings);
    if (const auto* wanted = std::get_if<grammar::Save>(&command)) return save(*wanted, client, surroundings);
    if (std::holds_alternative<grammar::Restore>(command)) return restore(client, surroundings);
    if (const auto* started = std::get_if<grammar::StartDaemon>(&command))
        return order_daemon(command, api::DaemonOrder::start, request_of(*started), client, surroundings);
    const auto& stopped = std::get<grammar::StopDaemon>(command);
    return order_daemon(command, api::DaemonOrder::stop, {.role = word_of(stopped.role)}, client, surroundings);
}

// What needs no daemon; nothing if the command does.
std::optional<int> without_daemon(const grammar::Command& command, const Surroundings& surroundings) {
    const bool help = std::holds_alternative<grammar::Help>(command);
    if (!help && !std::holds_alternative<grammar::Version>(command)) return std::nullopt;
    surroundings.out(help ? grammar::help_text() : grammar::version_text());
    return status_ok;
}

// A usage error ends the run; what stood before it holds.
int restore(api::Client& client, const Surroundings& surroundings) {
    const auto text = surroundings.input();
    if (!text) return conversation_failed(surroundings, text.error());
    Batch batch(client, surroundings);
    int status = status_ok;
    std::string_view rest = *text;
    while (!rest.empty()) {
        const std::string_view line = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(std::min(rest.size(), line.size() + 1));
        const auto parsed = grammar::restore_line(line, surroundings.names);
        if (!parsed) continue;
        if (parsed->has_value() && std::holds_alternative<model::Operation>(**parsed)) {
            batch.add(std::get<model::Operation>(**parsed));
            continue;
        }
        status = batch.flush(status);
        if (!*parsed) {
            surroundings.error(parsed->error().text);
            return parsed->error().exit_status;
        }
        const auto answered = without_daemon(**parsed, surroundings);
        status = answered ? *answered : carry_out(**parsed, client, surroundings);
    }
    return batch.flush(status);
}

}  // namespace

int run(std::span<const std::string> words, const Surroundings& surroundings) {
    const grammar::Parsed parsed = grammar::parse(words, surroundings.names);
    if (!parsed) {
        surroundings.error(parsed.error().text);
        return parsed.error().exit_status;
    }
    if (const auto answered = without_daemon(*parsed, surroundings)) return *answered;
    auto client = surroundings.connect();
    if (!client) return cannot_initialize(surroundings, client.error());
    return carry_out(*parsed, *client, surroundings);
}

int run_save(std::span<const std::string> words, const Surroundings& surroundings) {
    std::vector<std::string> command{"ipvsadm", "-S"};
    command.insert(command.end(), words.begin() + 1, words.end());
    return run(command, surroundings);
}

int run_restore(std::span<const std::string> words, const Surroundings& surroundings) {
    for (const std::string& word : words.subspan(1)) {
        if (word == "-n") continue;  // lines say themselves whether they hold names
        complain(surroundings, "Usage: ipvsadm-restore [-n] < FILE");
        return word == "-h" ? status_ok : status_no_ipvs;
    }
    const std::vector<std::string> clear{"ipvsadm", "-C"}, read{"ipvsadm", "-R"};
    if (const int status = run(clear, surroundings); status != status_ok) return status;
    Surroundings without_comments = surroundings;
    without_comments.input = [&]() -> Result<std::string> {
        const std::string text = TRY(surroundings.input());
        std::string kept;
        for (std::string_view rest = text; !rest.empty();) {
            const std::string_view line = rest.substr(0, std::min(rest.size(), rest.find('\n') == std::string_view::npos ? rest.size() : rest.find('\n') + 1));
            rest.remove_prefix(line.size());
            if (!line.starts_with('#')) kept += line;
        }
        return kept;
    };
    return run(read, without_comments);
}

}  // namespace lvx::cli::ipvsadm

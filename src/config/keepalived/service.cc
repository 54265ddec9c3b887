#include "config/keepalived/service.hh"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.hh"
#include "config/keepalived/forward.hh"
#include "config/keepalived/head.hh"
#include "config/value.hh"
#include "model/operation.hh"

namespace lvx::config::keepalived {
namespace {

using model::Method;
using model::Protocol;

struct ServerDraft {
    Endpoint endpoint;  // port 0: that of the service
    std::optional<std::uint32_t> weight;
    std::optional<Forward> forward;
    std::uint32_t upper_threshold = 0, lower_threshold = 0;
    Place place, method_place, lower_place;
};

class ServiceReader {
 public:
    ServiceReader(const Statement& statement, Reading& reading) : statement_(statement), reading_(reading) {}

    void run() {
        const auto head = read_head(statement_, reading_.diagnostics());
        if (!head) return;
        service_.key = head->key;
        mark_is_v6_ = head->is_v6;
        for (const Statement& inner : statement_.block) dispatch(inner, Block::virtual_server);
        settle();
        for (const ServerDraft& draft : drafts_) add_server(draft);
        refuse_what_is_missing();
        store();
    }

    using Handler = void (ServiceReader::*)(const Statement&);
    struct Row {
        Block block;
        std::string_view keyword;
        Handler read;
    };
    static std::span<const Row> rows();

 private:
    void report(Diagnostic diagnostic) { reading_.diagnostics().add(std::move(diagnostic)); }

    void warn(Code code, const Place& place, std::string message, std::string note) {
        report({.severity = Severity::warning, .code = code, .place = place, .message = std::move(message),
                .caret = {}, .note = std::move(note)});
    }

    template <class T>
    std::optional<T> keep(Read<T> read) {
        if (read) return *read;
        report(read.error());
        return std::nullopt;
    }

    bool by_mark() const { return service_.key.fwmark != 0; }

    void dispatch(const Statement& inner, Block block) {
        const Keyword* keyword = find_keyword(block, inner.keyword());
        if (keyword == nullptr || keyword->status != Status::works) return;
        const auto row = std::ranges::find_if(rows(), [&](const Row& one) {
            return one.block == block && one.keyword == keyword->canonical;
        });
        if (row != rows().end()) (this->*row->read)(inner);
    }

    // The number of a statement that the keyword table has checked already; nothing where it was wrong.
    static std::optional<std::int64_t> checked_number(const Statement& inner, Block block) {
        const Keyword* keyword = find_keyword(block, inner.keyword());
        if (keyword == nullptr || inner.words.size() < 2) return std::nullopt;
        const auto number = read_number(*keyword, inner.words[1]);
        return number ? std::optional(*number) : std::nullopt;
    }

    void scheduler(const Statement& inner) {
        if (inner.words.size() < 2) return report(missing_argument(inner, "a scheduler belongs here"));
        if (inner.words.size() > 2) surplus(inner.words[2], reading_.diagnostics());
        has_scheduler_ = true;
        if (const auto name = keep(read_scheduler(inner.words[1]))) service_.scheduler = *name;
    }

    void method(const Statement& inner) {
        has_method_ = true;
        if (const auto read = keep(read_forward(inner))) forward_ = *read;
        method_place_ = inner.place();
    }

    void protocol(const Statement& inner) {
        if (inner.words.size() < 2) return report(missing_argument(inner, "TCP, UDP or SCTP"));
        protocol_place_ = inner.place();
        if (by_mark()) {
            return warn(Code::ignored_value, inner.place(), "a service by firewall mark has no protocol",
                        "keepalived ignores the line as well");
        }
        Word upper = inner.words[1];
        for (char& c : upper.text) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
        const auto name = keep(read_choice(upper, "TCP UDP SCTP"));
        has_protocol_ = true;
        if (!name) return;
        service_.key.protocol = *name == "TCP" ? Protocol::tcp : *name == "UDP" ? Protocol::udp : Protocol::sctp;
    }

    void flag(const Statement& inner) { flags_.push_back(&inner); }

    void one_packet(const Statement& inner) { one_packet_place_ = inner.place(); }

    void family(const Statement& inner) {
        if (inner.words.size() < 2) return;
        if (!by_mark()) {
            return warn(Code::ignored_value, inner.place(), "ip_family is for services by firewall mark only", {});
        }
        mark_is_v6_ = inner.words[1].text == "inet6";
    }

    int all_bits() const { return mark_is_v6_ || !service_.key.address.is_v4() ? 128 : 32; }

    void persistence_timeout(const Statement& inner) {
        const bool bare = inner.words.size() < 2;
        const auto seconds = bare ? std::optional<std::int64_t>(360) : checked_number(inner, Block::virtual_server);
        if (!seconds) return;
        service_.persistence = model::Persistence{.timeout = std::chrono::seconds{*seconds}};
        persistence_place_ = inner.place();
    }

    void persistence_granularity(const Statement& inner) {
        if (inner.words.size() < 2) return report(missing_argument(inner, "a mask or prefix length belongs here"));
        granularity_ = &inner;
    }

    void persistence_engine(const Statement& inner) {
        if (inner.words.size() < 2 || inner.words[1].text != "sip") return;
        service_.persistence_engine = "sip";
        engine_place_ = inner.place();
    }

    void default_weight(const Statement& inner) {
        if (const auto weight = checked_number(inner, Block::virtual_server)) weight_ = static_cast<std::uint32_t>(*weight);
    }

    void real_server(const Statement& inner) {
        const auto& words = inner.words;
        if (words.size() < 2) return report(missing_argument(inner, "an address belongs here"));
        const auto address = keep(read_address(words[1]));
        std::optional<Port> port = Port{0};
        if (words.size() > 2) port = keep(read_service_port(words[2]));
        if (words.size() > 3) surplus(words[3], reading_.diagnostics());
        draft_ = {.endpoint = {.address = address.value_or(Address{}), .port = port.value_or(0)}, .place = inner.place()};
        for (const Statement& one : inner.block) dispatch(one, Block::real_server);
        if (address && port) drafts_.push_back(draft_);
    }

    void server_weight(const Statement& inner) {
        if (const auto weight = checked_number(inner, Block::real_server)) draft_.weight = static_cast<std::uint32_t>(*weight);
    }

    void server_method(const Statement& inner) {
        draft_.forward = keep(read_forward(inner));
        draft_.method_place = inner.place();
    }

    void upper_threshold(const Statement& inner) {
        draft_.upper_threshold = static_cast<std::uint32_t>(checked_number(inner, Block::real_server).value_or(0));
    }

    void lower_threshold(const Statement& inner) {
        draft_.lower_threshold = static_cast<std::uint32_t>(checked_number(inner, Block::real_server).value_or(0));
        draft_.lower_place = inner.place();
    }

    // What depends on several statements, and what was not said.
    void settle() {
        if (mark_is_v6_ && by_mark()) service_.key.address = Address::v6({});
        if (!has_protocol_ && !by_mark()) {
            warn(Code::missing_protocol, statement_.place(), "this virtual server does not name its protocol",
                 "as with keepalived it is UDP then; most want \"protocol TCP\"");
        }
        if (!has_scheduler_) {
            warn(Code::default_used, statement_.place(), "this virtual server does not name its scheduler",
                 "as with keepalived it is wlc then");
        }
        settle_persistence();
        settle_flags();
        if (one_packet_place_.line != 0 && service_.key.protocol != Protocol::udp && !by_mark()) {
            warn(Code::ignored_value, one_packet_place_, "one-packet scheduling is for UDP only",
                 "keepalived ignores the line as well");
        } else {
            service_.one_packet = one_packet_place_.line != 0;
        }
    }

    void settle_persistence() {
        if (granularity_ != nullptr) {
            const auto bits = keep(read_prefix(granularity_->words[1], all_bits() == 128 ? Family::v6 : Family::v4));
            if (persistence_place_.line == 0) persistence_place_ = granularity_->place();
            if (bits) prefix_ = bits;
            if (bits && !service_.persistence) service_.persistence.emplace();
        }
        if (service_.persistence) service_.persistence->prefix = prefix_.value_or(static_cast<std::uint8_t>(all_bits()));
        if (service_.key.port != 0 || by_mark() || service_.persistence) return;
        persistence_place_ = statement_.place();
        service_.persistence = model::Persistence{.prefix = static_cast<std::uint8_t>(all_bits())};
        warn(Code::missing_port, statement_.place(), "a virtual server without a port needs persistence",
             "as with keepalived it gets a persistence_timeout of 360 seconds");
    }

    void settle_flags() {
        struct Flag {
            std::string_view keyword, scheduler;
            model::SchedulerFlag bit;
        };
        constexpr std::array flags = {
            Flag{"flag-1", "", model::flag_1},      Flag{"flag-2", "", model::flag_2},
            Flag{"flag-3", "", model::flag_3},      Flag{"sh-fallback", "sh", model::flag_1},
            Flag{"sh-port", "sh", model::flag_2},   Flag{"mh-fallback", "mh", model::flag_1},
            Flag{"mh-port", "mh", model::flag_2},
        };
        for (const Statement* inner : flags_) {
            const auto flag = std::ranges::find(flags, std::string_view(inner->keyword()), &Flag::keyword);
            if (flag == flags.end()) continue;
            if (!flag->scheduler.empty() && flag->scheduler != service_.scheduler) {
                warn(Code::flag_without_scheduler, inner->place(),
                     fmt::format("{} is a flag of scheduler {}, not of {}", flag->keyword, flag->scheduler, service_.scheduler),
                     "keepalived ignores the line as well");
                continue;
            }
            service_.scheduler_flags |= static_cast<std::uint8_t>(flag->bit);
        }
    }

    void add_server(const ServerDraft& draft) {
        const Forward forward = draft.forward.value_or(forward_);
        model::Server server{.endpoint = draft.endpoint, .method = forward.method, .weight = draft.weight.value_or(weight_),
                             .upper_threshold = draft.upper_threshold, .lower_threshold = draft.lower_threshold,
                             .tunnel = forward.tunnel};
        const bool keeps_port = server.method == Method::masq;
        if (!keeps_port || server.endpoint.port == 0) server.endpoint.port = service_.key.port;
        if (server.lower_threshold > server.upper_threshold) {
            return report({.code = Code::threshold_order, .place = draft.lower_place,
                           .message = fmt::format("lthreshold {} is above uthreshold {}", server.lower_threshold,
                                                  server.upper_threshold)});
        }
        if (server.endpoint.address.family() != service_.key.family() && server.method != Method::tunnel) {
            return report({.code = Code::mixed_families, .place = draft.place,
                           .message = "the server's address family is not that of its virtual server",
                           .note = "only TUN can do that"});
        }
        const auto key = std::pair{service_.key, server.endpoint};
        const auto before = places_.find(server.endpoint);
        if (before != places_.end()) {
            return report({.code = Code::duplicate_server, .place = draft.place,
                           .message = fmt::format("real server {} is listed twice (first at {})", server.endpoint.text(),
                                                  short_place(before->second)),
                           .note = "keepalived would drop the second one"});
        }
        places_.emplace(server.endpoint, draft.place);
        if (draft.forward) refuse(model::unsupported(server), draft.method_place);
        service_.servers.push_back(server);
    }

    std::string short_place(const Place& place) const { return reading_.short_place(place, statement_.place()); }

    void refuse(std::string_view sentence, const Place& place) {
        if (sentence.empty()) return;
        report({.code = Code::not_supported_yet, .place = place, .message = std::string(sentence)});
    }

    // The one list of what the data plane cannot do is the model's; each thing is asked for by itself, so that each
    // is answered at its own place.
    void refuse_what_is_missing() {
        const model::ServiceKey mark{.protocol = Protocol::ip, .fwmark = service_.key.fwmark};
        if (by_mark()) refuse(model::unsupported(model::Service{.key = mark}), statement_.place());
        const model::ServiceKey protocol{.protocol = service_.key.protocol, .port = 1};
        if (!by_mark()) refuse(model::unsupported(model::Service{.key = protocol}), protocol_place_);
        refuse(model::unsupported(model::Service{.persistence = service_.persistence}), persistence_place_);
        refuse(model::unsupported(model::Service{.persistence_engine = service_.persistence_engine}), engine_place_);
        refuse(model::unsupported(model::Service{.one_packet = service_.one_packet}), one_packet_place_);
        if (has_method_) refuse(model::unsupported(model::Server{.method = forward_.method}), method_place_);
        if (!has_method_ && std::ranges::any_of(drafts_, [](const ServerDraft& d) { return !d.forward; })) {
            warn(Code::default_used, statement_.place(), "this virtual server does not name its lvs_method",
                 "as with keepalived it is NAT then");
        }
    }

    void store() {
        if (service_.servers.empty() && drafts_.empty()) {
            warn(Code::no_servers, statement_.place(), "this virtual server has no real servers",
                 "keepalived would leave it out; lvx tells its clients that no server is there");
        }
        const auto [before, first] = reading_.places().services.try_emplace(service_.key, statement_.place());
        if (!first) {
            return report({.code = Code::duplicate_service, .place = statement_.place(),
                           .message = fmt::format("virtual server {} is described twice (first at {})",
                                                  service_.key.text(), short_place(before->second)),
                           .note = "keepalived would take both, and mix their servers"});
        }
        for (const auto& [endpoint, place] : places_) reading_.places().servers.emplace(std::pair{service_.key, endpoint}, place);
        reading_.site().cluster.services.push_back(std::move(service_));
    }

    const Statement& statement_;
    Reading& reading_;
    model::Service service_;
    std::vector<ServerDraft> drafts_;
    ServerDraft draft_;
    std::map<Endpoint, Place> places_;
    Forward forward_;
    std::optional<std::uint8_t> prefix_;
    std::uint32_t weight_ = 1;
    std::vector<const Statement*> flags_;
    const Statement* granularity_ = nullptr;
    Place method_place_, protocol_place_, persistence_place_, engine_place_, one_packet_place_;
    bool has_scheduler_ = false, has_method_ = false, has_protocol_ = false, mark_is_v6_ = false;
};

std::span<const ServiceReader::Row> ServiceReader::rows() {
    using R = ServiceReader;
    constexpr Block service = Block::virtual_server, server = Block::real_server;
    static constexpr std::array table = {
        Row{service, "lvs_sched", &R::scheduler},
        Row{service, "lvs_method", &R::method},
        Row{service, "protocol", &R::protocol},
        Row{service, "flag-1", &R::flag},
        Row{service, "flag-2", &R::flag},
        Row{service, "flag-3", &R::flag},
        Row{service, "sh-port", &R::flag},
        Row{service, "sh-fallback", &R::flag},
        Row{service, "mh-port", &R::flag},
        Row{service, "mh-fallback", &R::flag},
        Row{service, "ops", &R::one_packet},
        Row{service, "ip_family", &R::family},
        Row{service, "persistence_timeout", &R::persistence_timeout},
        Row{service, "persistence_granularity", &R::persistence_granularity},
        Row{service, "persistence_engine", &R::persistence_engine},
        Row{service, "weight", &R::default_weight},
        Row{service, "real_server", &R::real_server},
        Row{server, "weight", &R::server_weight},
        Row{server, "lvs_method", &R::server_method},
        Row{server, "uthreshold", &R::upper_threshold},
        Row{server, "lthreshold", &R::lower_threshold},
    };
    return table;
}

}  // namespace

void read_virtual_server(const Statement& statement, Reading& reading) { ServiceReader(statement, reading).run(); }

std::vector<std::string_view> service_keywords(Block block) {
    std::vector<std::string_view> names;
    for (const auto& row : ServiceReader::rows()) {
        if (row.block == block) names.push_back(row.keyword);
    }
    return names;
}

}  // namespace lvx::config::keepalived

// The overrides by their targets, while they are changed: one look-up instead of a walk for each operation, so that a
// restore of 10,000 lines is quick.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <vector>

#include "layers/layers.hh"

namespace lvx::layers {

class Ledger {
 public:
    Ledger(const model::Site& site, model::RunState state, const health::View& view);

    void carry_out(const model::Operation& operation, const Occasion& occasion);
    void carry_out(const ServerName& server, const ServerChange& change, const Occasion& occasion);
    // The state again, overrides in the order made.
    [[nodiscard]] model::RunState state() &&;

 private:
    struct Entry {
        std::optional<model::Override> service;
        std::map<Endpoint, model::Override> value, weight;
        std::vector<model::Leaving> leaving;
    };

    void execute(const model::AddService& operation, const Occasion& occasion);
    void execute(const model::EditService& operation, const Occasion& occasion);
    void execute(const model::DeleteService& operation, const Occasion& occasion);
    void execute(const model::AddServer& operation, const Occasion& occasion);
    void execute(const model::EditServer& operation, const Occasion& occasion);
    void execute(const model::DeleteServer& operation, const Occasion& occasion);
    void execute(const model::Flush& operation, const Occasion& occasion);
    void execute(const model::SetTimeouts& operation, const Occasion& occasion);
    void execute(const model::Zero& operation, const Occasion& occasion);

    [[nodiscard]] model::Override make(model::OverrideKind kind, const model::ServiceKey& key, const Occasion& occasion);
    [[nodiscard]] model::Override make(model::OverrideKind kind, const ServerName& server, const Occasion& occasion);
    void set_weight(const ServerName& name, std::uint32_t weight, const Occasion& occasion);
    [[nodiscard]] const model::Service* configured(const model::ServiceKey& key) const;
    // nullptr, too, where an operator's service stands in place of the configured one.
    [[nodiscard]] const model::Server* configured(const ServerName& name) const;
    [[nodiscard]] std::optional<health::ServerView> observed(const ServerName& name) const;
    [[nodiscard]] bool is_sorry(const ServerName& name) const;

    Index index_;
    const model::Site& site_;
    model::RunState rest_;  // without overrides of services and leaving servers
    std::optional<model::Override> timeouts_;
    std::map<model::ServiceKey, Entry> entries_;
};

}  // namespace lvx::layers

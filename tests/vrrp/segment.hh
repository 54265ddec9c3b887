// One segment with two directors and somebody who listens, and what stands in them: the VRRP thread of this process, or
// Debian's keepalived.
//
//   left 10.9.0.1  fe80::  ──┐
//   right 10.9.0.2         ──┼── switch
//   client 10.9.0.9        ──┘
#pragma once

#include <gtest/gtest.h>

#include <fmt/format.h>

#include <fstream>
#include <map>
#include <memory>
#include <sstream>
#include <string>

#include "lab/lab.hh"
#include "lab/namespace.hh"
#include "vrrp/thread.hh"

namespace lvx::vrrp {

using lab::Milliseconds;

// For what must happen: conditions are waited for, and a machine that is busy may take its time.
inline constexpr Milliseconds patience{20'000};
// Between advertisements of a pair: a standby takes over after more than three, which no stall of half a second makes it do.
inline constexpr Microseconds steady{200'000};

template <class T>
T must(Result<T> result) {
    if (!result) throw std::runtime_error(result.error().sentence());
    if constexpr (!std::is_void_v<T>) return std::move(result).value();
}

inline lab::Topology segment_topology() {
    const auto node = [](const char* name, const char* address) {
        return lab::Node{.name = name, .devices = {{.name = "eth0", .wire = "segment", .addresses = {lab::prefix(address)}}}};
    };
    return {.nodes = {node("left", "10.9.0.1/24"), node("right", "10.9.0.2/24"), node("client", "10.9.0.9/24")}, .switches = {"segment"}};
}

// A fence that only remembers.
class NotedFence final : public Fence {
 public:
    void guard(const std::vector<Address>&) override {}
    void answer_until(Instant end) override { end_ = end; }
    void close() override { end_ = Instant{}; }
    [[nodiscard]] bool is_open() const override { return false; }
    [[nodiscard]] bool answers() const { return Clock::now() <= end_.load(); }

 private:
    std::atomic<Instant> end_{Instant{}};
};

// The thread in a node.
class Router1 {
 public:
    Router1(const lab::Lab& lab, std::string_view node, const model::Vrrp& configuration) : Router1(lab, node, Settings{.vrrp = configuration, .realtime = false}) {}
    Router1(const lab::Lab& lab, std::string_view node, const Settings& settings) : news_(must(Mailbox<News>::make())) {
        must(lab::inside(lab.namespace_of(node), [&]() -> Result<void> {
            auto started = Thread::start(settings, fence, *news_);
            if (!started) return std::unexpected(started.error());
            thread = std::move(*started);
            return {};
        }));
    }

    // As last told.
    const Status& status() {
        for (News& one : news_->take()) {
            if (auto* told = std::get_if<Status>(&one)) status_ = std::move(*told);
            if (auto* event = std::get_if<model::Event>(&one)) events.push_back(model::text_of(*event));
            if (auto* notification = std::get_if<Notification>(&one)) notifications.push_back(std::move(*notification));
        }
        return status_;
    }
    std::optional<InstanceStatus> instance(const std::string& name) {
        for (const InstanceStatus& one : status().instances)
            if (one.name == name) return one;
        return std::nullopt;
    }
    [[nodiscard]] bool await(const std::string& name, State state) {
        return lab::wait_until(patience, [&] {
            const auto one = instance(name);
            return one && one->state == state;
        });
    }
    std::string log() {
        std::string all;
        (void)status();
        for (const std::string& line : events) all += line + "\n";
        return all;
    }

    NotedFence fence;
    std::vector<std::string> events;
    std::vector<Notification> notifications;

 private:
    std::unique_ptr<Mailbox<News>> news_;
    Status status_;

 public:
    std::unique_ptr<Thread> thread;  // goes first: it writes to the mailbox and the fence
};

inline bool has_address(const lab::Lab& lab, std::string_view node, const std::string& address) {
    const lab::Outcome shown = must(lab.run(node, lab::shell("ip -br addr show"), patience));
    return shown.out.find(" " + address + "/") != std::string::npos;
}

class Keepalived {
 public:
    Keepalived(const lab::Lab& lab, std::string node, const std::string& configuration) : lab_(lab), node_(std::move(node)) {
        const std::string base = lab.directory() + "/keepalived-" + node_;
        log_ = base + ".log";
        std::ofstream(base + ".conf") << configuration;
        words_ = fmt::format("exec keepalived -n -l -D -P -f {0}.conf -p {0}.pid -r {0}.vrrp.pid", base);
        start();
    }
    void start() {
        lab::Command command = lab::shell(words_);
        command.output = log_;
        process_ = std::make_unique<lab::Process>(must(lab_.start(node_, command)));
    }
    void stop() {
        process_->signal(SIGTERM);
        (void)process_->wait(patience);
    }
    [[nodiscard]] std::string log() const {
        std::ostringstream text;
        text << std::ifstream(log_).rdbuf();
        return text.str();
    }
    // What it said last about the instance: "MASTER", "BACKUP", "FAULT".
    [[nodiscard]] std::string state(const std::string& instance) const {
        const std::string text = log(), lead = "(" + instance + ") Entering ";
        const std::size_t at = text.rfind(lead);
        return at == std::string::npos ? "" : text.substr(at + lead.size(), text.find(' ', at + lead.size()) - at - lead.size());
    }
    [[nodiscard]] bool await(const std::string& instance, const std::string& state_name) const {
        return lab::wait_until(patience, [&] { return state(instance) == state_name; });
    }

 private:
    const lab::Lab& lab_;
    std::string node_, log_, words_;
    std::unique_ptr<lab::Process> process_;
};

}  // namespace lvx::vrrp

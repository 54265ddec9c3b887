// A director on a data plane in memory, for tests: two servers of one service on two interfaces.
#pragma once

#include <gtest/gtest.h>

#include <optional>

#include "config/bundle.hh"
#include "daemon/live_director.hh"
#include "dataplane/memory_dataplane.hh"
#include "net/test_world.hh"

namespace lvx::daemon {

inline const model::ServiceKey web{.address = net::test::address("192.168.88.23"), .port = 80};
inline const Endpoint first_server{net::test::address("10.0.0.2"), 80}, second_server{net::test::address("10.0.0.3"), 80};

inline constexpr std::string_view good_file = R"(virtual_server 192.168.88.23 80 {
    lb_algo rr
    lb_kind NAT
    protocol TCP
    real_server 10.0.0.2 80 { weight 1 }
    real_server 10.0.0.3 80 { weight 1 }
}
)";

inline constexpr std::string_view bad_file = "virtual_server 192.168.88.23 80 {\n    lb_algo wrrr\n    real_server 10.0.0.300 80 {\n    }\n}\n";

class LiveDirectorTest : public testing::Test {
 protected:
    Readers readers() {
        return {.file = [this](std::uint64_t) { return load(text_); },
                .text = [](const model::ConfigurationText& text, std::uint64_t) { return config::load(config::reader_of(text), text.main, {}); },
                .seed = [] { return 1; }};
    }
    // nullopt: the file is refused.
    std::optional<LiveDirector> begun(std::string file) {
        auto beginning = begin(store_, file, readers(), wall_);
        if (!beginning) return std::nullopt;
        return make_with(std::move(file), std::move(*beginning));
    }
    LiveDirector make(std::string file) { return std::move(*begun(std::move(file))); }
    LiveDirector make_with(std::string file, Beginning beginning) {
        return LiveDirector({.dataplane = plane_,
                             .log = log_,
                             .world = world_,
                             .store = store_,
                             .readers = readers(),
                             .solicit = [this](std::span<const net::Solicitation> list) { solicited_ += list.size(); },
                             .now = [this] { return now_; },
                             .wall = [this] { return wall_; },
                             .emit = [this](const model::Event& event) { events_.push_back(model::text_of(event)); },
                             .site_changed = [this](const model::Site&) { ++sites_; },
                             .changed = [this] { ++changes_; },
                             .stop = [this](api::StopKind kind) { stopped_ = kind; }},
                            {.version = "1.2", .kernel = "6.1", .instance = "main", .file = std::move(file), .pid = 7}, {}, std::move(beginning));
    }
    static config::Outcome load(const std::string& text) {
        const model::ConfigurationText bundle{.main = "lvx.conf", .files = {{"lvx.conf", text}}};
        return config::load(config::reader_of(bundle), "lvx.conf", {});
    }
    api::ApplyRequest request(std::string text, std::uint64_t confirm_s) const {
        return {.text = {.main = "new.conf", .files = {{"new.conf", std::move(text)}}}, .confirm_s = confirm_s};
    }

    dataplane::MemoryDataplane::State state_;
    dataplane::MemoryDataplane plane_{state_};
    log::Log log_{log::Sink::stream, log::Level::error};
    net::World world_ = net::test::two_armed();
    net::Instant now_{std::chrono::hours{1}};
    std::string text_{good_file};
    std::size_t solicited_ = 0, changes_ = 0, sites_ = 0;
    StateStore store_ = StateStore::in_memory();
    model::WallTime wall_{std::chrono::days{20000}};
    std::vector<std::string> events_;
    std::optional<api::StopKind> stopped_;
};

}  // namespace lvx::daemon

// The command line of `lvx demo`.  Pure.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>

namespace lvx::lab::demo {

enum class Task : std::uint8_t { show, execute, load, shell, failover, break_server, mend_server, down, help };

// What `lvx demo failover` can do to the active director.
inline constexpr std::array<std::string_view, 4> fault_names = {"freeze", "kill", "unplug", "handover"};

struct Options {
    Task task = Task::show;
    std::string name = "demo";     // of the laboratory; `execute` makes up its own unless told one
    bool named = false;            // by --name
    std::string node = "client";   // of shell, break, mend and --in
    std::string command;           // of --exec
    std::string configuration;     // file of --conf; empty: the built-in one
    std::string hook = "auto";
    std::uint32_t requests = 1000; // of load
    std::string fault;             // of failover; empty: each in turn
    bool operator==(const Options&) const = default;
};

// The error is a sentence.
[[nodiscard]] std::expected<Options, std::string> parse(std::span<const std::string_view> words);
[[nodiscard]] std::string help_text();

}  // namespace lvx::lab::demo

// What every reader of a block has at hand: where results go, how values are asked for, and which named objects the
// files describe anywhere (order in the text does not matter).
//
// A reader of a block is a table of rows, keyword -> function that fills a draft; read_statements() walks the block.
// What is wrong with a single value has been said by check.cc already: readers ask again and stay silent (value_of), or
// check what the table cannot express and report.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/diagnostic.hh"
#include "config/keepalived/vrrp_defaults.hh"
#include "config/keyword.hh"
#include "config/load.hh"
#include "config/options.hh"
#include "config/reader.hh"
#include "config/tree.hh"
#include "config/value.hh"

namespace lvx::config::keepalived {

class Reading {
 public:
    // `statements` are those of the top level; all arguments must live as long as this.
    Reading(const std::vector<Statement>& statements, const Reader& files, const Options& options, Outcome& outcome);

    [[nodiscard]] model::Site& site() { return outcome_.site; }
    [[nodiscard]] Places& places() { return outcome_.places; }
    [[nodiscard]] const Options& options() const { return options_; }
    [[nodiscard]] const Reader& files() const { return files_; }
    [[nodiscard]] VrrpDefaults& vrrp_defaults() { return vrrp_defaults_; }
    [[nodiscard]] const std::vector<Statement>& statements() const { return statements_; }
    [[nodiscard]] Diagnostics& diagnostics() { return outcome_.diagnostics; }

    void report(Diagnostic diagnostic) { outcome_.diagnostics.add(std::move(diagnostic)); }
    void warn(Code code, const Place& place, std::string message, std::string note);

    // The value, or its diagnostic is reported.
    template <class T>
    std::optional<T> keep(Read<T> read) {
        if (read) return *read;
        report(read.error());
        return std::nullopt;
    }

    // The first statement at the top level with this keyword of today and this name: "virtual_server_group", "track_file" ...
    [[nodiscard]] const Statement* find_object(std::string_view keyword, std::string_view name) const;
    [[nodiscard]] std::vector<std::string_view> object_names(std::string_view keyword) const;

    // "lvx.conf:12".
    [[nodiscard]] std::string line_of(const Place& place) const;
    // "line:column" of a place in the same file as `near`, else with the name of the file.
    [[nodiscard]] std::string short_place(const Place& place, const Place& near) const;

 private:
    std::map<std::pair<std::string_view, std::string_view>, const Statement*> objects_;
    const std::vector<Statement>& statements_;
    const Reader& files_;
    const Options& options_;
    Outcome& outcome_;
    VrrpDefaults vrrp_defaults_;
};

template <class Draft>
struct Row {
    std::string_view keyword;  // its name of today
    void (*read)(Draft& draft, const Statement& statement, Reading& reading);
};

template <class Draft>
void read_statements(const Statement& block, Block where, std::span<const Row<Draft>> rows, Draft& draft, Reading& reading) {
    std::set<std::string_view> given;
    for (const Statement& one : block.block) {
        const Keyword* keyword = find_keyword(where, one.keyword());
        if (keyword == nullptr || keyword->status == Status::junk) continue;
        if (first_counts(*keyword) && !given.insert(keyword->canonical).second) continue;
        for (const Row<Draft>& row : rows) {
            if (row.keyword == keyword->canonical) row.read(draft, one, reading);
        }
    }
}

template <class Draft>
[[nodiscard]] std::vector<std::string_view> keywords_of(std::span<const Row<Draft>> rows) {
    std::vector<std::string_view> names;
    for (const Row<Draft>& row : rows) names.push_back(row.keyword);
    return names;
}

// Where the block and its keywords stand.
[[nodiscard]] Origin origin_of(const Statement& block, Block where);

// The argument of a statement that check.cc has judged: nothing where it is missing or wrong.
[[nodiscard]] std::optional<std::int64_t> number_of(const Statement& statement, Block block);
[[nodiscard]] std::optional<std::uint32_t> count_of(const Statement& statement, Block block);
[[nodiscard]] std::optional<std::chrono::microseconds> duration_of(const Statement& statement, Block block);
[[nodiscard]] bool flag_of(const Statement& statement);              // a flag without a value is on
[[nodiscard]] std::optional<std::string> word_of(const Statement& statement);
[[nodiscard]] std::optional<Address> address_of(const Statement& statement);
[[nodiscard]] std::optional<Port> port_of(const Statement& statement);  // 1 to 65535
// "CMD" [user [group]]: the first argument is a command line of its own.
[[nodiscard]] std::optional<model::Command> command_of(const Statement& statement, Reading& reading);
// "CMD" alone; more words are reported.
[[nodiscard]] std::optional<model::Command> lone_command_of(const Statement& statement, Reading& reading);

}  // namespace lvx::config::keepalived

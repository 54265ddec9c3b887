// Rows whose value goes into one member of a draft, for the tables of readers:
//
//   {"priority", into_number<Block::vrrp_instance, &Draft::instance, &model::VrrpInstance::priority>}
//
// A wrong value has been reported by check.cc; here it leaves the member as it is, which is its default.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <type_traits>

#include "config/keepalived/reading.hh"

namespace lvx::config::keepalived {

template <class T>
struct ValueOf {
    using type = T;
};
template <class T>
struct ValueOf<std::optional<T>> {
    using type = T;
};

// Nothing where the value is neither yes nor no.
[[nodiscard]] std::optional<bool> flag_given(const Statement& statement);

template <auto... path>
inline constexpr auto into_flag = [](auto& draft, const Statement& statement, Reading&) {
    if (const auto flag = flag_given(statement)) (draft.*....*path) = *flag;
};

template <Block where, auto... path>
inline constexpr auto into_number = [](auto& draft, const Statement& statement, Reading&) {
    auto& member = (draft.*....*path);
    using Value = typename ValueOf<std::remove_cvref_t<decltype(member)>>::type;
    if (const auto number = number_of(statement, where)) member = static_cast<Value>(*number);
};

// Members in coarser units than the text are rounded up: half a second of patience is not none.
template <Block where, auto... path>
inline constexpr auto into_time = [](auto& draft, const Statement& statement, Reading&) {
    auto& member = (draft.*....*path);
    using Value = std::remove_cvref_t<decltype(member)>;
    if (const auto time = duration_of(statement, where)) member = std::chrono::ceil<Value>(*time);
};

template <auto... path>
inline constexpr auto into_word = [](auto& draft, const Statement& statement, Reading&) {
    if (auto word = word_of(statement)) (draft.*....*path) = std::move(*word);
};

template <auto... path>
inline constexpr auto into_address = [](auto& draft, const Statement& statement, Reading&) {
    if (statement.words.size() < 2) return;
    if (const auto address = read_address(statement.words[1])) (draft.*....*path) = *address;
};

template <auto... path>
inline constexpr auto into_command = [](auto& draft, const Statement& statement, Reading& reading) {
    (draft.*....*path) = command_of(statement, reading);
};

template <auto... path>
inline constexpr auto into_lone_command = [](auto& draft, const Statement& statement, Reading& reading) {
    (draft.*....*path) = lone_command_of(statement, reading);
};

// Read by a stage before this one, or of no consequence here.
inline constexpr auto read_elsewhere = [](auto&, const Statement&, Reading&) {};

// Which keywords a block says, by their name of today, and where the last of each stands.
class Said {
 public:
    Said() = default;
    Said(const Statement& block, Block where);

    [[nodiscard]] bool has(std::string_view keyword) const { return find(keyword) != nullptr; }
    [[nodiscard]] const Statement* find(std::string_view keyword) const;
    // Where a keyword stands; `otherwise` where it does not.
    [[nodiscard]] Place place(std::string_view keyword, const Statement& otherwise) const;

 private:
    std::map<std::string_view, const Statement*> last_;
};

}  // namespace lvx::config::keepalived

// Log lines: a sentence for people first, then key=value for machines:
//
//   lvxd[812]: real server 10.0.0.3 is reachable  address=10.0.0.3 interface=eth1
//
// Written to standard error: under journald with its priority prefix and without time, else with time and level.
// A line that repeats is written once and counted.  Lines are computed by pure functions; Log alone writes.
#pragma once

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lvx::log {

enum class Level : std::uint8_t { error, warning, notice, info, debug };

struct Field {
    std::string_view key;
    std::string value;
};

struct Entry {
    Level level = Level::info;
    std::string text;  // sentence and fields
    bool operator==(const Entry&) const = default;
};

// The sentence, two blanks, key=value ...; values with blanks, quotes or '=' are quoted.
[[nodiscard]] Entry entry(Level level, std::string_view sentence, std::initializer_list<Field> fields);

// The same for fields that are computed.
[[nodiscard]] Entry entry_of(Level level, std::string_view sentence, std::span<const Field> fields);

enum class Sink : std::uint8_t { journal, stream };

using WallClock = std::chrono::system_clock::time_point;

[[nodiscard]] std::string line(Sink sink, const Entry& entry, WallClock now);

// Holds back repetitions: what to write for each entry.
class Repeats {
 public:
    [[nodiscard]] std::vector<Entry> add(const Entry& entry);
    // The count of what was held back, if anything was.
    [[nodiscard]] std::optional<Entry> flush();

 private:
    Entry last_;
    std::uint64_t held_back_ = 0;
};

// Journal when standard error is what $JOURNAL_STREAM names ("device:inode").
[[nodiscard]] Sink sink_of_stderr();

class Log {
 public:
    Log(Sink sink, Level threshold) : sink_(sink), threshold_(threshold) {}

    void error(std::string_view sentence, std::initializer_list<Field> fields) { write(Level::error, sentence, fields); }
    void warning(std::string_view sentence, std::initializer_list<Field> fields) { write(Level::warning, sentence, fields); }
    void notice(std::string_view sentence, std::initializer_list<Field> fields) { write(Level::notice, sentence, fields); }
    void info(std::string_view sentence, std::initializer_list<Field> fields) { write(Level::info, sentence, fields); }
    void debug(std::string_view sentence, std::initializer_list<Field> fields) { write(Level::debug, sentence, fields); }
    void write(Level level, std::string_view sentence, std::initializer_list<Field> fields);
    void write(const Entry& entry);
    // To be called now and then, so that a count does not wait for the next line for ever.
    void flush();

 private:
    void put(const Entry& entry) const;

    Sink sink_;
    Level threshold_;
    Repeats repeats_;
};

}  // namespace lvx::log

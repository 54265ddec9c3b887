#include "base/log.hh"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <utility>

namespace lvx::log {

namespace {

struct Word {
    std::string_view name;
    int priority;  // of syslog(3)
};

constexpr std::array<Word, 5> words = {{{"error", 3}, {"warning", 4}, {"notice", 5}, {"info", 6}, {"debug", 7}}};

const Word& word(Level level) { return words[static_cast<std::size_t>(level)]; }

bool is_plain(std::string_view value) {
    return !value.empty() && value.find_first_of(" \"=\n\t\\") == std::string_view::npos;
}

std::string quoted(std::string_view value) {
    if (is_plain(value)) return std::string(value);
    std::string text = "\"";
    for (const char each : value) {
        if (each == '"' || each == '\\') text += '\\';
        text += each == '\n' ? ' ' : each;
    }
    return text + '"';
}

}  // namespace

Entry entry(Level level, std::string_view sentence, std::initializer_list<Field> fields) {
    return entry_of(level, sentence, std::span(fields.begin(), fields.size()));
}

Entry entry_of(Level level, std::string_view sentence, std::span<const Field> fields) {
    std::string text(sentence);
    for (const Field& field : fields)
        text += fmt::format("{}{}={}", &field == fields.data() ? "  " : " ", field.key, quoted(field.value));
    return {level, std::move(text)};
}

std::string line(Sink sink, const Entry& entry, WallClock now) {
    const Word& level = word(entry.level);
    if (sink == Sink::journal) return fmt::format("<{}>{}\n", level.priority, entry.text);
    const auto seconds = std::chrono::floor<std::chrono::seconds>(now);
    const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(now - seconds).count();
    return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z {:<7} {}\n", fmt::gmtime(seconds), milliseconds, level.name,
                       entry.text);
}

std::vector<Entry> Repeats::add(const Entry& entry) {
    if (entry == last_) {
        ++held_back_;
        return {};
    }
    std::vector<Entry> result;
    if (auto count = flush()) result.push_back(std::move(*count));
    last_ = entry;
    result.push_back(entry);
    return result;
}

std::optional<Entry> Repeats::flush() {
    if (held_back_ == 0) return std::nullopt;
    const std::uint64_t count = std::exchange(held_back_, 0);
    return Entry{last_.level, fmt::format("the line before was repeated {} time{}", count, count == 1 ? "" : "s")};
}

Sink sink_of_stderr() {
    const char* stream = std::getenv("JOURNAL_STREAM");
    struct stat state{};
    if (stream == nullptr || ::fstat(STDERR_FILENO, &state) != 0) return Sink::stream;
    return fmt::format("{}:{}", state.st_dev, state.st_ino) == stream ? Sink::journal : Sink::stream;
}

void Log::write(Level level, std::string_view sentence, std::initializer_list<Field> fields) {
    if (level <= threshold_) write(entry(level, sentence, fields));
}

void Log::write(const Entry& entry) {
    if (entry.level > threshold_) return;
    for (const Entry& each : repeats_.add(entry)) put(each);
}

void Log::flush() {
    if (const auto count = repeats_.flush()) put(*count);
}

// A log that cannot be written has nobody to be told about it.
void Log::put(const Entry& entry) const {
    const std::string text = line(sink_, entry, std::chrono::system_clock::now());
    [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, text.data(), text.size());
}

}  // namespace lvx::log

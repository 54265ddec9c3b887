#include "config/preprocess.hh"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "base/text.hh"
#include "config/definition.hh"
#include "config/include.hh"

namespace lvx::config {
namespace {

// What a line and a reference made by definitions count beside their text.
constexpr std::size_t cost_of_a_line = 64, cost_of_a_reference = 32;

struct Definition {
    std::vector<Line> body;
    bool multi_line = false;
};

class Preprocessor {
 public:
    Preprocessor(const Reader& reader, const Options& options, Sources& sources, Diagnostics& diagnostics)
        : reader_(reader), options_(options), sources_(sources), diagnostics_(diagnostics), random_(options.random_seed) {}

    std::vector<Line> run(std::string_view main_file) {
        auto text = reader_.read(main_file);
        if (!text) {
            const FileNumber file = sources_.add(std::string(main_file), "");
            report(Severity::error, Code::file_unreadable, {.file = file}, text.error().sentence(), {});
            return {};
        }
        read(std::string(main_file), std::move(*text));
        return std::move(lines_);
    }

 private:
    void report(Severity severity, Code code, const Place& place, std::string message, std::string caret) {
        diagnostics_.add({.severity = severity, .code = code, .place = place, .message = std::move(message),
                          .caret = std::move(caret)});
    }

    void read(std::string name, std::string text) {
        const FileNumber file = sources_.add(name, std::move(text));
        ++reads_;
        path_.push_back(std::move(name));
        const IncludeChecks checks = checks_;
        for (std::uint32_t number = 1; number <= sources_.lines(file) && !exhausted_; ++number) {
            const std::string_view raw = sources_.line(file, number);
            if (raw.find('\0') != std::string_view::npos) {
                report(Severity::warning, Code::line_has_nul, {.file = file, .line = number},
                       "this line holds a NUL byte and is left out", {});
                continue;
            }
            take({.text = std::string(raw), .file = file, .number = number, .pieces = {}});
        }
        checks_ = checks;
        collecting_ = nullptr;
        path_.pop_back();
    }

    void take(Line raw) {
        const Line line = without_comment(std::move(raw));
        if (collecting_ == nullptr) return process(line, 0);
        const auto end = continuation(line.text);
        Definition& definition = *collecting_;
        definition.body.push_back(end ? line.part(0, *end) : line);
        if (!end) collecting_ = nullptr;
    }

    // All that may become of a line: nothing, a definition, an include, several lines, or itself.
    void process(const Line& line, std::size_t depth) {
        const std::size_t first = line.text.find_first_not_of(" \t\r\v\f");
        if (first == std::string::npos || !affordable(line, depth)) return;
        if (line.text[first] == '@') return condition(line, first, depth);
        if (const auto head = definition_head(line.text)) return define(line, *head, depth, &definitions_[std::string(head->name)]);
        if (const auto repetition = next_repetition(line.text)) return repeat(line, *repetition, depth);
        if (line.text.find('$') != std::string::npos && replace(line, depth)) return;
        if (include(line)) return;
        notice(line);
        lines_.push_back(line);
    }

    // Everything after the first round is made by definitions, and has a bound.
    bool affordable(const Line& line, std::size_t depth) {
        if (exhausted_) return false;
        if (depth == 0) return true;
        expanded_ += line.text.size() + cost_of_a_line;
        if (depth <= deepest_expansion && expanded_ <= most_expanded_bytes) return true;
        exhausted_ = true;
        report(Severity::error, Code::expansion_size, line.place(0, line.text.size()),
               depth > deepest_expansion ? "definitions use each other in a circle, or too deeply"
                                         : fmt::format("definitions and repetitions make more than {} MiB of text",
                                                       most_expanded_bytes >> 20),
               "reading stopped here");
        return false;
    }

    void condition(const Line& line, std::size_t first, std::size_t depth) {
        const std::size_t end = std::min(line.text.find_first_of(" \t\r\v\f", first), line.text.size());
        std::string_view id = std::string_view(line.text).substr(first + 1, end - first - 1);
        const bool inverted = id.starts_with('^');
        if (inverted) id.remove_prefix(1);
        if (id.empty()) {
            return report(Severity::error, Code::bad_definition, line.place(first, end - first),
                          "there is no name after \"@\"", "\"@name rest\" or \"@^name rest\"");
        }
        const Line rest = line.part(end, line.text.size() - end);
        if ((id == options_.config_id) != inverted) return process(rest, depth);
        // The lines after a definition that does not count belong to it and do not count either.
        if (const auto head = definition_head(rest.text)) define(rest, *head, depth, &discarded_);
    }

    void define(const Line& line, const DefinitionHead& head, std::size_t depth, Definition* definition) {
        const Line value = line.part(head.value_at, line.text.size() - head.value_at);
        const auto end = depth == 0 ? continuation(value.text) : std::nullopt;
        definition->multi_line = end.has_value();
        definition->body = {end ? value.part(0, *end) : value};
        if (!end) return;
        if (trim(definition->body.front().text).empty()) definition->body.clear();
        collecting_ = definition;
    }

    void repeat(const Line& line, const std::expected<RepetitionHead, std::string>& head, std::size_t depth) {
        const auto all = head ? rounds(head->kind, replaced_text(head->arguments)) : std::unexpected(head.error());
        if (!all) {
            const std::size_t from = line.text.find('~');
            return report(Severity::error, Code::bad_definition, line.place(from, head ? head->length : 1),
                          "this repetition cannot be read", all.error());
        }
        Line once = line.part(0, head->offset);
        const std::size_t end = head->offset + head->length;
        once.append(line.part(end, line.text.size() - end));
        for (const std::vector<std::string>& values : all->values) {
            for (std::size_t i = 0; i < values.size(); ++i) bindings_.emplace_back(all->variables[i], values[i]);
            process(once, depth + 1);
            bindings_.resize(bindings_.size() - values.size());
            if (exhausted_) return;
        }
    }

    // One round of replacing; the result is processed again.  False: nothing was there to replace.
    bool replace(const Line& line, std::size_t depth) {
        Line result{.text = {}, .file = line.file, .number = line.number, .pieces = {}};
        std::size_t from = 0;
        for (auto reference = next_reference(line.text, 0); reference;
             reference = next_reference(line.text, reference->offset + reference->length)) {
            if (const Definition* block = multi_line(*reference)) {
                result.append(line.part(from, reference->offset - from));
                replace_lines(line, result, *reference, *block, depth);
                return true;
            }
            const auto value = value_of(*reference);
            if (!value) continue;
            result.append(line.part(from, reference->offset - from));
            result.append(*value, line.place(reference->offset, reference->length));
            expanded_ += cost_of_a_reference;
            from = reference->offset + reference->length;
            if (expanded_ > most_expanded_bytes) break;  // process() says so
        }
        if (from == 0) return false;
        result.append(line.part(from, line.text.size() - from));
        process(result, depth + 1);
        return true;
    }

    void replace_lines(const Line& line, Line& before, const Reference& reference, const Definition& definition,
                       std::size_t depth) {
        const std::size_t end = reference.offset + reference.length;
        if (!trim(std::string_view(line.text).substr(end)).empty()) {
            report(Severity::warning, Code::bad_definition, line.place(end, line.text.size() - end),
                   "nothing may follow a definition of several lines", "this is left out");
        }
        const std::vector<Line> body = definition.body;  // a line of it may define the name anew
        bool first = true;
        for (const Line& part : body) {
            if (first && !trim(before.text).empty()) {
                before.append(part.text, line.place(reference.offset, reference.length));
                process(before, depth + 1);
            } else {
                process(part, depth + 1);
            }
            first = false;
            if (exhausted_) return;
        }
    }

    const Definition* multi_line(const Reference& reference) const {
        const auto found = definitions_.find(reference.name);
        return found != definitions_.end() && found->second.multi_line ? &found->second : nullptr;
    }

    std::optional<std::string> value_of(const Reference& reference) {
        for (auto binding = bindings_.rbegin(); binding != bindings_.rend(); ++binding) {
            if (binding->first == reference.name) return binding->second;
        }
        const auto found = definitions_.find(reference.name);
        if (found != definitions_.end() && !found->second.multi_line) return found->second.body.front().text;
        return predefined(reference);
    }

    std::optional<std::string> predefined(const Reference& reference) {
        if (reference.name == "_PWD") return std::string(folder_of(path_.back()));
        if (reference.name == "_INSTANCE") return instance_;
        if (reference.name == "_HASH") return "#";
        if (reference.name == "_BANG") return "!";
        if (reference.name == "_RANDOM") return random_number(reference.arguments);
        if (reference.name != "_ENV") return std::nullopt;
        const auto found = options_.environment.find(std::string(reference.arguments));
        return found == options_.environment.end() ? "" : found->second;
    }

    // [MIN [MAX]], 0 to 32767 when not given.
    std::string random_number(std::string_view arguments) {
        const auto words = split_words(arguments);
        const std::int64_t low = words.empty() ? 0 : parse_integer(words[0]).value_or(0);
        const std::int64_t high = words.size() < 2 ? 32767 : parse_integer(words[1]).value_or(32767);
        random_ = random_ * 6364136223846793005ul + 1442695040888963407ul;
        if (high <= low) return std::to_string(low);
        const std::uint64_t range = static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low);
        const std::uint64_t picked = range == UINT64_MAX ? random_ >> 33 : (random_ >> 33) % (range + 1);
        return std::to_string(static_cast<std::int64_t>(static_cast<std::uint64_t>(low) + picked));
    }

    std::string replaced_text(std::string_view text) {
        std::string result(text);
        for (std::size_t round = 0; round < deepest_expansion; ++round) {
            const auto reference = next_reference(result, 0);
            if (!reference) break;
            const auto value = value_of(*reference);
            if (!value) break;
            result.replace(reference->offset, reference->length, *value);
        }
        return result;
    }

    // Keywords that change how the following lines are read.
    void notice(const Line& line) {
        const auto words = split_words(line.text);
        if (words.size() < 2) return;
        if (words[0] == "instance") instance_ = words[1];
        if (words[0] == "random_seed") random_ = static_cast<std::uint64_t>(parse_integer(words[1]).value_or(0));
    }

    bool include(const Line& line) {
        const auto request = include_request(line.text, checks_);
        if (!request) return false;
        checks_ = request->checks_after;
        if (request->pattern.empty()) return true;
        const Place place = line.place(request->pattern_at, request->pattern.size());
        if (const std::string reason = no_more_files(); !reason.empty()) {
            report(Severity::error, Code::include_depth, place, reason, "not read");
            return true;
        }
        const IncludeFindings findings = find_included(*request, path_.back(), reader_);
        for (const IncludeComplaint& complaint : findings.complaints) {
            report(complaint.severity, Code::include_unmatched, place, complaint.message, {});
        }
        for (const auto& [name, text] : findings.files) {
            if (exhausted_ || !no_more_files().empty()) break;
            if (std::ranges::find(path_, name) == path_.end()) {
                read(name, text);
            } else {
                report(Severity::error, Code::include_depth, place, name + " is being read already", "this would never end");
            }
        }
        return true;
    }

    std::string no_more_files() const {
        if (reads_ >= most_files) return fmt::format("more than {} files are included", most_files);
        if (path_.size() < deepest_include) return {};
        return fmt::format("files include each other more than {} deep", deepest_include);
    }

    const Reader& reader_;
    const Options& options_;
    Sources& sources_;
    Diagnostics& diagnostics_;
    std::vector<Line> lines_;
    std::vector<std::string> path_;  // files being read, the outermost first
    std::map<std::string, Definition, std::less<>> definitions_;
    std::vector<std::pair<std::string, std::string>> bindings_;  // of repetitions, the innermost last
    Definition discarded_;
    Definition* collecting_ = nullptr;  // takes the lines that follow
    IncludeChecks checks_ = options_.strict_includes ? IncludeChecks{true, true, true, true} : IncludeChecks{};
    std::string instance_;
    std::uint64_t random_ = 0;
    std::size_t expanded_ = 0;  // see cost_of_a_line
    std::size_t reads_ = 0;     // files, the same one several times
    bool exhausted_ = false;
};

}  // namespace

std::vector<Line> preprocess(const Reader& reader, std::string_view main_file, const Options& options,
                             Sources& sources, Diagnostics& diagnostics) {
    return Preprocessor(reader, options, sources, diagnostics).run(main_file);
}

}  // namespace lvx::config

// The recorded calls of the real tool on a real kernel (tests/golden/ipvsadm-kernel): every usage error gives the
// same text and status, every operation the same refusal by the kernel's rules, and "-S" prints the same table.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <set>

#include "base/text.hh"
#include "config/ipvsadm/command.hh"
#include "config/ipvsadm/print.hh"

namespace lvx::config::ipvsadm {
namespace {

struct Call {
    std::string line;
    std::vector<std::string> words, input;
    std::string out, error;
    int status = 0;
};

std::vector<std::string> lines_of(const std::string& name) {
    std::ifstream file(std::string(LVX_SOURCE_DIR "/tests/golden/ipvsadm-kernel/") + name);
    std::vector<std::string> lines;
    for (std::string line; std::getline(file, line);) lines.push_back(line);
    return lines;
}

void add_output(Call& call, std::string_view line) {
    if (line.starts_with("stderr| ")) {
        call.error += std::string(line.substr(8)) + "\n";
    } else if (line.starts_with("<stdin| ")) {
        call.input.emplace_back(line.substr(8));
    } else if (line.starts_with("exit ")) {
        call.status = static_cast<int>(*parse_integer(line.substr(5)));
    } else if (!line.starts_with("## ")) {
        call.out += std::string(line) + "\n";
    }
}

std::vector<Call> calls_of(const std::string& name) {
    std::vector<Call> calls;
    bool inside = false;
    for (const std::string& line : lines_of(name)) {
        if (line.starts_with("$ ")) {
            calls.push_back({.line = line.substr(2)});
            for (const auto word : split_words(calls.back().line)) calls.back().words.emplace_back(word);
            inside = true;
        } else if (line.empty()) {
            inside = false;
        } else if (inside) {
            add_output(calls.back(), line);
        }
    }
    return calls;
}

// The services file and the hosts file of the machine on which the calls were recorded, as far as they matter.
const std::map<std::string, Port, std::less<>> ports = {{"http", 80}, {"https", 443}, {"domain", 53}, {"ftp", 21},
                                                        {"sip", 5060}, {"http-alt", 8080}, {"kerberos", 88}};

Names recorded_names() {
    return {.host = [](std::string_view host) { return host == "localhost" ? Address::parse("127.0.0.1") : std::nullopt; },
            .service = [](std::string_view name, model::Protocol) {
                const auto found = ports.find(name);
                return found == ports.end() ? std::optional<Port>{} : found->second;
            }};
}

Labels recorded_labels() {
    return {.host = [](const Address& address) { return address.text() == "127.0.0.1" ? "localhost" : address.text(); },
            .service = [](Port port, model::Protocol protocol) {
                if (port == 514 && protocol == model::Protocol::udp) return std::string("syslog");
                // Some ports have a name with one protocol only.
                if (port == 88 && protocol == model::Protocol::tcp) return std::string("88");
                if (port == 80 && protocol == model::Protocol::udp) return std::string("80");
                for (const auto& [name, number] : ports) {
                    if (number == port) return name;
                }
                return std::to_string(port);
            }};
}

// A kernel that keeps a table and forwards nothing.
class Kernel {
 public:
    // What stderr and the exit status would be, and stdout of "-S".
    struct Answer {
        std::string out, error;
        int status = 0;
        bool comparable = true;
    };

    Answer run(const Call& call) {
        if (call.words.front() == "ipvsadm-restore") {
            cluster_ = *model::apply_as_kernel(cluster_, model::Flush{});
            return restore(without_comments(call.input));
        }
        if (call.words.size() == 2 && call.words[1] == "-R") return restore(call.input);
        return carry_out(parse(call.words, recorded_names()));
    }

 private:
    Answer carry_out(const Parsed& parsed) {
        if (!parsed) return {.error = parsed.error().text, .status = parsed.error().exit_status};
        if (const auto* save_command = std::get_if<Save>(&*parsed)) {
            return {.out = save(cluster_, save_command->numeric ? numeric_labels() : recorded_labels())};
        }
        if (const auto* list = std::get_if<List>(&*parsed); list != nullptr && list->service) {
            return cluster_.find(*list->service) != nullptr ? Answer{.comparable = false} : refusal(*parsed, ESRCH);
        }
        const auto* operation = std::get_if<model::Operation>(&*parsed);
        if (operation == nullptr) return {.comparable = false};
        auto after = model::apply_as_kernel(cluster_, *operation);
        if (!after) return refusal(*parsed, after.error());
        cluster_ = std::move(*after);
        return {};
    }

    static Answer refusal(const Parsed& command, int code) {
        return {.error = refusal_text(*command, code) + "\n", .status = refusal_status(*command)};
    }

    // The status is that of the last line; a usage error ends it.
    Answer restore(const std::vector<std::string>& lines) {
        Answer whole;
        for (const std::string& line : lines) {
            const auto parsed = restore_line(line, recorded_names());
            if (!parsed) continue;
            const Answer one = carry_out(*parsed);
            whole.error += one.error;
            whole.status = one.status;
            if (!*parsed) break;
        }
        return whole;
    }

    static std::vector<std::string> without_comments(std::vector<std::string> lines) {
        std::erase_if(lines, [](const std::string& line) { return line.starts_with('#'); });
        return lines;
    }

    model::Cluster cluster_;
};

// What a model of contiguous masks, and a kernel without sync daemons, cannot follow.
const std::set<std::string> left_out = {
    "06-errors.txt ipvsadm -A -t 192.168.99.9:84 -p 60 -M 255.0.255.0",
    "05-timeout-daemon-sysctl.txt ipvsadm -a -t 192.168.99.8:80 -r [fd00::2]:80 -i",
};

struct Counts {
    int usage_errors = 0, operations = 0, tables = 0;
};

Counts compare(const std::string& name) {
    Kernel kernel;
    Counts counts;
    for (const Call& call : calls_of(name)) {
        const bool ours = call.words.front() == "ipvsadm" || call.words.front() == "ipvsadm-restore";
        if (!ours || left_out.contains(name + " " + call.line)) continue;
        const Kernel::Answer answer = kernel.run(call);
        if (!answer.comparable) continue;
        EXPECT_EQ(answer.error, call.error) << name << ": " << call.line;
        EXPECT_EQ(answer.status, call.status) << name << ": " << call.line;
        EXPECT_EQ(answer.out, call.out) << name << ": " << call.line;
        counts.usage_errors += call.status == 2 ? 1 : 0;
        counts.operations += call.out.empty() ? 1 : 0;
        counts.tables += call.out.empty() ? 0 : 1;
    }
    return counts;
}

TEST(RecordedCalls, WithEverySchedulerAndMethod) { EXPECT_GT(compare("01-schedulers.txt").operations, 50); }

TEST(RecordedCalls, WithEveryKindOfServiceAndFlag) {
    const Counts counts = compare("02-rich-config.txt");
    EXPECT_GT(counts.operations, 50);
    EXPECT_GT(counts.tables, 0);
}

TEST(RecordedCalls, OfRestoringATable) { EXPECT_GT(compare("03-restore.txt").tables, 1); }

TEST(RecordedCalls, OfTimeouts) { EXPECT_GT(compare("05-timeout-daemon-sysctl.txt").operations, 3); }

TEST(RecordedCalls, OfEveryMistake) {
    const Counts counts = compare("06-errors.txt");
    EXPECT_GT(counts.usage_errors, 70);
    EXPECT_EQ(counts.tables, 1);
}

TEST(RecordedCalls, OfOddSpellings) { EXPECT_GT(compare("07-odd-but-accepted.txt").tables, 2); }

// "list-n" and "save-n" were recorded with another table, in which each field has an unusual value.
TEST(RecordedCalls, OfASavedTableReadAndPrintedAgain) {
    std::ifstream file(LVX_SOURCE_DIR "/tests/golden/ipvsadm-listing/save-n.txt");
    model::Cluster cluster;
    std::string expected;
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with("#")) continue;
        expected += line + "\n";
        const auto parsed = restore_line(line, no_names());
        ASSERT_TRUE(parsed && *parsed) << line;
        const auto after = model::apply_as_kernel(cluster, std::get<model::Operation>(**parsed));
        ASSERT_TRUE(after) << line;
        cluster = *after;
    }
    EXPECT_EQ(save(cluster, numeric_labels()), expected);
}

}  // namespace
}  // namespace lvx::config::ipvsadm

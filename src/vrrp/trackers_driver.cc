#include "vrrp/trackers_driver.hh"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <thread>

#include "base/fd.hh"
#include "script/runner.hh"
#include "vrrp/script_track.hh"
#include "vrrp/timers.hh"

namespace lvx::vrrp {

namespace {

constexpr std::chrono::milliseconds file_period{250}, process_period{500};
constexpr std::size_t file_bytes = 64;           // a number is not longer
constexpr std::size_t command_bytes = 4096;

std::set<std::string> tracked_names(const model::Vrrp& configuration, std::vector<model::Track> model::Tracks::* list) {
    std::set<std::string> names;
    for (const model::VrrpInstance& instance : configuration.instances)
        for (const model::Track& track : instance.tracks.*list) names.insert(track.name);
    for (const model::VrrpSyncGroup& group : configuration.groups)
        for (const model::Track& track : group.tracks.*list) names.insert(track.name);
    return names;
}

std::string read_some(const std::string& path, std::size_t limit) {
    const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    std::string text(limit, '\0');
    const ssize_t length = file.valid() ? ::read(file.get(), text.data(), text.size()) : 0;
    text.resize(static_cast<std::size_t>(std::max<ssize_t>(length, 0)));
    return text;
}

std::vector<std::string> words_of(const std::string& command_line) {
    std::vector<std::string> words;
    for (std::size_t at = 0; at < command_line.size();) {
        const std::size_t end = std::min(command_line.find('\0', at), command_line.size());
        words.push_back(command_line.substr(at, end - at));
        at = end + 1;
    }
    return words;
}

std::vector<ProcessSeen> processes() {
    std::vector<ProcessSeen> result;
    DIR* folder = ::opendir("/proc");
    if (folder == nullptr) return result;
    while (const dirent* entry = ::readdir(folder)) {
        const std::string name = entry->d_name;
        if (name.find_first_not_of("0123456789") != name.npos) continue;
        std::string comm = read_some("/proc/" + name + "/comm", file_bytes);
        while (comm.ends_with('\n')) comm.pop_back();
        result.push_back({std::move(comm), words_of(read_some("/proc/" + name + "/cmdline", command_bytes))});
    }
    ::closedir(folder);
    return result;
}

class Watch final : public Trackers {
 public:
    Watch(const model::Vrrp& configuration, Outside outside) : outside_(std::move(outside)) {
        const auto scripts = tracked_names(configuration, &model::Tracks::scripts);
        for (const model::VrrpScript& script : configuration.scripts)
            if (scripts.contains(script.name)) scripts_.push_back({script, ScriptTrack(script)});
        const auto files = tracked_names(configuration, &model::Tracks::files);
        for (const model::TrackFile& file : configuration.files)
            if (files.contains(file.name)) files_.push_back(file);
        const auto tracked = tracked_names(configuration, &model::Tracks::processes);
        for (const model::TrackProcess& process : configuration.processes)
            if (tracked.contains(process.name)) processes_.push_back({.settings = process, .told = std::nullopt, .pending = std::nullopt});
    }
    ~Watch() override {
        constexpr std::uint64_t one = 1;
        if (thread_.joinable() && ::write(end_.get(), &one, sizeof one) == sizeof one) thread_.join();
    }

    Result<void> open(const script::Rules& rules) {
        end_ = Fd(::eventfd(0, EFD_CLOEXEC));
        if (!end_.valid()) return refusal("cannot make an eventfd", errno);
        runner_ = TRY(script::Runner::start(rules, script::Limits{}));
        for (const model::TrackFile& file : files_) prepare(file);
        thread_ = std::thread([this] { run(); });
        return {};
    }

 private:
    struct Script {
        model::VrrpScript settings;
        ScriptTrack track;
        Instant due{};
        bool running = false;
    };
    struct Process {
        model::TrackProcess settings;
        std::optional<bool> told, pending;
        Instant pending_until{};
    };

    // init_file: its first value, written where there is none, or over what is there.
    static void prepare(const model::TrackFile& file) {
        if (!file.initial) return;
        const bool exists = ::access(file.path.c_str(), F_OK) == 0;
        if (!exists || file.overwrite) std::ofstream(file.path) << *file.initial << "\n";
    }

    void observe(TrackKind kind, const std::string& name, std::int64_t value) { outside_.observe({kind, name}, value); }

    void begin(Script& script, Instant now) {
        script.due = now + script.settings.interval;
        if (script.running) return;  // one that takes longer than its interval is not started twice
        script.running = true;
        const Microseconds timeout = script.settings.timeout.count() == 0 ? script.settings.interval : script.settings.timeout;
        runner_->run({.command = script.settings.command, .timeout = std::chrono::ceil<std::chrono::milliseconds>(timeout)},
                     [this, &script](const script::Outcome& outcome) { ended(script, outcome); });
    }

    void ended(Script& script, const script::Outcome& outcome) {
        script.running = false;
        const std::optional<int> code = outcome.ending == script::Ending::exited ? std::optional(outcome.code) : std::nullopt;
        const auto [last, first] = codes_.try_emplace(script.settings.name, -1);
        if (code && (first || last->second != *code))
            outside_.emit(model::event(model::EventKind::script_result, {script.settings.name, std::to_string(*code)}));
        last->second = code.value_or(-1);
        if (!script.track.result(outcome.succeeded())) return;
        const bool good = *script.track.good();
        observe(TrackKind::script, script.settings.name, good ? 1 : 0);
        if (good) outside_.emit(model::event(model::EventKind::script_succeeded, {script.settings.name}));
        else outside_.emit(model::event(model::EventKind::script_failed, {script.settings.name, outcome.sentence()}));
    }

    void look_at_files() {
        for (const model::TrackFile& file : files_) {
            const std::int64_t value = number_in(read_some(file.path, file_bytes));
            const auto [known, is_new] = file_values_.try_emplace(file.name, value);
            if (!is_new && known->second == value) continue;
            known->second = value;
            observe(TrackKind::file, file.name, value);
            if (!is_new) outside_.emit(model::event(model::EventKind::track_file_changed, {file.name, std::to_string(value)}));
        }
    }

    void look_at_processes(Instant now) {
        if (processes_.empty()) return;
        const std::vector<ProcessSeen> seen = processes();
        for (Process& process : processes_) {
            const std::size_t count = count_matching(process.settings, seen);
            const bool good = has_quorum(process.settings, count);
            if (process.told == good) {
                process.pending.reset();
                continue;
            }
            if (process.pending != good) {
                const Microseconds own = good ? process.settings.fork_delay : process.settings.terminate_delay;
                process.pending = good;
                process.pending_until = now + (process.told ? (own.count() != 0 ? own : process.settings.delay) : Microseconds(0));
            }
            if (now < process.pending_until) continue;
            process.told = good;
            observe(TrackKind::process, process.settings.name, good ? 1 : 0);
            outside_.emit(model::event(good ? model::EventKind::process_quorum_gained : model::EventKind::process_quorum_lost,
                                       {process.settings.name, std::to_string(count)}));
        }
    }

    void run() {
        for (Script& script : scripts_)
            if (script.track.good()) observe(TrackKind::script, script.settings.name, 0);  // init_fail
        Instant files_at{}, processes_at{};
        while (true) {
            const Instant now = Clock::now();
            for (Script& script : scripts_)
                if (script.due <= now) begin(script, now);
            if (files_at <= now) look_at_files(), files_at = now + file_period;
            if (processes_at <= now) look_at_processes(now), processes_at = now + process_period;
            Instant next = std::min(files_at, processes_at);
            for (const Script& script : scripts_) next = std::min(next, script.due);
            const auto wait = std::chrono::ceil<std::chrono::milliseconds>(next - Clock::now());
            std::array<pollfd, 2> fds = {{{end_.get(), POLLIN, 0}, {runner_->fd(), POLLIN, 0}}};
            (void)::poll(fds.data(), fds.size(), static_cast<int>(std::clamp<std::int64_t>(wait.count(), 0, 1000)));
            if (fds[0].revents != 0) return;
            runner_->step();
        }
    }

    Outside outside_;
    std::vector<Script> scripts_;       // callbacks point into it: never resized
    std::vector<model::TrackFile> files_;
    std::vector<Process> processes_;
    std::map<std::string, int> codes_;
    std::map<std::string, std::int64_t> file_values_;
    Fd end_;
    std::unique_ptr<script::Runner> runner_;
    std::thread thread_;
};

}  // namespace

Result<std::unique_ptr<Trackers>> Trackers::start(const model::Vrrp& configuration, const script::Rules& rules, Outside outside) {
    auto watch = std::make_unique<Watch>(configuration, std::move(outside));
    TRY(watch->open(rules));
    return watch;
}

}  // namespace lvx::vrrp

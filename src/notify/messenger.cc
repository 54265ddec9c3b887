#include "notify/messenger.hh"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <deque>
#include <mutex>
#include <thread>

#include "notify/fifo_desk.hh"
#include "notify/mailer.hh"

namespace lvx::notify {

namespace {

struct Change {
    Settings settings;
    script::Rules rules;
};
using Order = std::variant<Notice, Change>;

class ThreadMessenger : public Messenger {
 public:
    ThreadMessenger(Fd bell, std::unique_ptr<script::Runner> runner, Settings settings, script::Rules rules, Bounds bounds,
                    model::EmitEvent emit);
    ThreadMessenger(const ThreadMessenger&) = delete;
    ThreadMessenger& operator=(const ThreadMessenger&) = delete;
    ~ThreadMessenger() override;

    void tell(Notice notice) override;
    void configure(Settings settings, script::Rules rules) override;
    bool drain(std::chrono::milliseconds patience) override;
    [[nodiscard]] Counters counters() const override;

 private:
    void work();
    void wait();
    void take_orders();
    void carry_out(const Notice& notice);
    void carry_out(const Change& change);
    void deliver(const RunScript& script);
    void deliver(const WriteLine& line) { fifos_.write(line); }
    void deliver(const SendMail& mail) { mailer_.send(mail, settings_); }
    void one_done();
    void count_lines();  // inside the lock
    [[nodiscard]] bool told_to_stop();
    void ring() const;

    const Bounds bounds_;
    Fd bell_;
    mutable std::mutex lock_;
    // Inside the lock.
    std::condition_variable idle_;
    std::deque<Order> orders_;
    std::size_t unfinished_ = 0;  // notices not carried out and scripts not ended
    Counters counters_;
    bool stopping_ = false;
    // The thread's own.
    Settings settings_;
    script::Rules rules_;
    model::EmitEvent emit_;
    std::unique_ptr<script::Runner> runner_;
    FifoDesk fifos_;
    Mailer mailer_;
    std::thread thread_;  // last: it uses the others
};

ThreadMessenger::ThreadMessenger(Fd bell, std::unique_ptr<script::Runner> runner, Settings settings, script::Rules rules,
                                 Bounds bounds, model::EmitEvent emit)
    : bounds_(bounds),
      bell_(std::move(bell)),
      settings_(std::move(settings)),
      rules_(std::move(rules)),
      emit_(std::move(emit)),
      runner_(std::move(runner)),
      fifos_(bounds.fifo_lines, emit_),
      mailer_({bounds.mails, bounds.mail_reply_time, bounds.mail_retry_delay},
              [this](const std::string& server, const std::string& reason) {
                  emit_(model::event(model::EventKind::mail_failed, {server, reason}));
              }),
      thread_([this] { work(); }) {}

ThreadMessenger::~ThreadMessenger() {
    {
        const std::scoped_lock hold(lock_);
        stopping_ = true;
        ring();
    }
    thread_.join();
}

// ---- from every thread ----

void ThreadMessenger::ring() const {
    const std::uint64_t one = 1;
    (void)!::write(bell_.get(), &one, sizeof one);
}

void ThreadMessenger::tell(Notice notice) {
    const std::scoped_lock hold(lock_);
    if (orders_.size() >= bounds_.notices) {
        ++counters_.notices_lost;
        return;
    }
    ++counters_.notices;
    ++unfinished_;
    orders_.emplace_back(std::move(notice));
    ring();
}

void ThreadMessenger::configure(Settings settings, script::Rules rules) {
    const std::scoped_lock hold(lock_);
    ++unfinished_;
    orders_.emplace_back(Change{std::move(settings), std::move(rules)});
    ring();
}

bool ThreadMessenger::drain(std::chrono::milliseconds patience) {
    std::unique_lock hold(lock_);
    return idle_.wait_for(hold, patience, [this] { return unfinished_ == 0; });
}

Counters ThreadMessenger::counters() const {
    const MailCounters mails = mailer_.counters();
    const std::scoped_lock hold(lock_);
    Counters result = counters_;
    result.mails_sent = mails.sent;
    result.mails_failed = mails.failed;
    result.mails_lost = mails.lost;
    result.scripts = runner_->counters();
    return result;
}

// ---- the thread ----

void ThreadMessenger::work() {
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
    fifos_.configure(settings_, rules_);
    for (;;) {
        take_orders();
        runner_->step();
        fifos_.step();
        if (told_to_stop()) return;
        wait();
    }
}

void ThreadMessenger::wait() {
    std::vector<pollfd> waiting{{bell_.get(), POLLIN, 0}, {runner_->fd(), POLLIN, 0}};
    fifos_.add_to(waiting);
    ::poll(waiting.data(), waiting.size(), -1);
}

void ThreadMessenger::take_orders() {
    std::uint64_t rings = 0;
    (void)!::read(bell_.get(), &rings, sizeof rings);
    std::deque<Order> orders;
    {
        const std::scoped_lock hold(lock_);
        orders.swap(orders_);
    }
    for (const Order& order : orders) {
        std::visit([this](const auto& each) { carry_out(each); }, order);
        one_done();
    }
}

void ThreadMessenger::carry_out(const Notice& notice) {
    for (const Delivery& delivery : deliveries(notice, settings_)) std::visit([this](const auto& each) { deliver(each); }, delivery);
}

void ThreadMessenger::carry_out(const Change& change) {
    settings_ = change.settings;
    runner_->set_rules(change.rules);
    fifos_.configure(change.settings, change.rules);
}

void ThreadMessenger::deliver(const RunScript& script) {
    {
        const std::scoped_lock hold(lock_);
        ++unfinished_;
    }
    const std::string words = script.command.words.empty() ? "" : script.command.words.front();
    runner_->run({.command = script.command, .timeout = bounds_.script_time, .lane = script.lane},
                 [this, lane = script.lane, words](const script::Outcome& outcome) {
                     if (!outcome.succeeded()) emit_(model::event(model::EventKind::notify_failed, {lane, words, outcome.sentence()}));
                     one_done();
                 });
}

void ThreadMessenger::count_lines() {
    counters_.fifo_lines = fifos_.counters().lines;
    counters_.fifo_lines_lost = fifos_.counters().lost;
}

bool ThreadMessenger::told_to_stop() {
    const std::scoped_lock hold(lock_);
    count_lines();
    return stopping_;
}

void ThreadMessenger::one_done() {
    const std::scoped_lock hold(lock_);
    count_lines();
    if (--unfinished_ == 0) idle_.notify_all();
}

}  // namespace

Result<std::unique_ptr<Messenger>> Messenger::start(Settings settings, script::Rules rules, Bounds bounds, model::EmitEvent emit) {
    Fd bell(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!bell.valid()) return refusal("cannot make an eventfd for notifications", errno);
    auto runner = TRY(script::Runner::start(rules, {}));
    return std::make_unique<ThreadMessenger>(std::move(bell), std::move(runner), std::move(settings), std::move(rules), bounds, std::move(emit));
}

}  // namespace lvx::notify

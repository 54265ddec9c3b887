#include "notify/mailer.hh"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <condition_variable>
#include <csignal>
#include <ctime>
#include <deque>
#include <mutex>
#include <thread>

#include "base/fd.hh"
#include "notify/smtp_client.hh"

namespace lvx::notify {

namespace {

struct Letter {
    MailServer server;
    Envelope envelope;
    bool tried = false;
};

std::string date_now() { return fmt::format("{:%a, %d %b %Y %H:%M:%S} +0000", fmt::gmtime(std::time(nullptr))); }

constexpr std::chrono::milliseconds farewell_patience{200};

}  // namespace

// Shared with the thread, which may outlive the Mailer while a look-up hangs.
struct Mailer::Desk {
    Desk(const MailBounds& with, OnFailure failure) : bounds(with), failed(std::move(failure)), cancel(::eventfd(0, EFD_CLOEXEC)) {}

    void work();
    bool take(Letter& letter);
    void conclude(Letter letter, const Result<void>& delivered);

    const MailBounds bounds;
    OnFailure failed;
    Fd cancel;
    std::mutex lock;
    std::condition_variable changed;
    std::deque<Letter> waiting;
    MailCounters counters;
    std::uint64_t numbers = 0;
    bool started = false, stopping = false, over = false;
};

bool Mailer::Desk::take(Letter& letter) {
    std::unique_lock hold(lock);
    changed.wait(hold, [this] { return stopping || !waiting.empty(); });
    if (stopping) return false;
    letter = std::move(waiting.front());
    waiting.pop_front();
    return true;
}

void Mailer::Desk::conclude(Letter letter, const Result<void>& delivered) {
    std::unique_lock hold(lock);
    if (stopping) return;
    if (delivered) {
        ++counters.sent;
        return;
    }
    if (!letter.tried) {
        letter.tried = true;
        changed.wait_for(hold, bounds.retry_delay, [this] { return stopping; });
        waiting.push_front(std::move(letter));
        return;
    }
    ++counters.failed;
    // Under the lock, so that nobody is told once the Mailer is gone.
    failed(letter.server.host, delivered.error().sentence());
}

void Mailer::Desk::work() {
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
    Letter letter;
    while (take(letter)) {
        const Result<void> delivered = deliver(letter.server, letter.envelope, cancel.get());
        conclude(std::move(letter), delivered);
    }
    const std::scoped_lock hold(lock);
    over = true;
    changed.notify_all();
}

Mailer::Mailer(const MailBounds& bounds, OnFailure failed) : desk_(std::make_shared<Desk>(bounds, std::move(failed))) {}

Mailer::~Mailer() {
    std::unique_lock hold(desk_->lock);
    desk_->stopping = true;
    const std::uint64_t one = 1;
    (void)!::write(desk_->cancel.get(), &one, sizeof one);
    desk_->changed.notify_all();
    if (desk_->started) desk_->changed.wait_for(hold, farewell_patience, [this] { return desk_->over; });
}

void Mailer::send(const SendMail& mail, const Settings& settings) {
    const std::scoped_lock hold(desk_->lock);
    if (desk_->waiting.size() >= desk_->bounds.waiting) {
        ++desk_->counters.lost;
        return;
    }
    const std::string id = fmt::format("lvx.{}.{}.{}", ::getpid(), std::time(nullptr), ++desk_->numbers);
    const MailServer server{settings.mail.server_host, settings.mail.server_port, settings.mail.connect_timeout, desk_->bounds.reply_timeout};
    desk_->waiting.push_back({server, envelope_of(mail, settings, date_now(), id)});
    desk_->changed.notify_all();
    if (std::exchange(desk_->started, true)) return;
    std::thread([desk = desk_] { desk->work(); }).detach();
}

MailCounters Mailer::counters() const {
    const std::scoped_lock hold(desk_->lock);
    return desk_->counters;
}

}  // namespace lvx::notify

// The thread that sends advertisements.  Nothing the rest of the daemon does can hold it up: it has its own sockets, its
// own netlink, its own memory of the configuration, and only ever tries the locks it shares with the others.
//
//   daemon --Order--> mailbox --> engine --> sockets, addresses, fence;     engine --News--> mailbox --> daemon
#pragma once

#include <memory>
#include <thread>
#include <vector>

#include "vrrp/fence.hh"
#include "vrrp/letters.hh"
#include "vrrp/mailbox.hh"

namespace lvx::vrrp {

class Thread {
 public:
    // Runs when this returns.  The fence must outlive it; it is called from the thread only.
    [[nodiscard]] static Result<std::unique_ptr<Thread>> start(const Settings& settings, Fence& fence);
    // Stops in order if stop() was not called.
    ~Thread();
    Thread(const Thread&) = delete;
    Thread& operator=(const Thread&) = delete;

    void post(Order order) { orders_->post(std::move(order)); }
    // Readable when take_news() has something.
    [[nodiscard]] int fd() const { return news_->fd(); }
    [[nodiscard]] std::vector<News> take_news() { return news_->take(); }
    // Resigns, removes the addresses, ends the thread; what it told last waits in take_news().
    void stop();

 private:
    Thread(std::unique_ptr<Mailbox<Order>> orders, std::unique_ptr<Mailbox<News>> news)
        : orders_(std::move(orders)), news_(std::move(news)) {}

    std::unique_ptr<Mailbox<Order>> orders_;
    std::unique_ptr<Mailbox<News>> news_;
    std::thread thread_;
};

}  // namespace lvx::vrrp

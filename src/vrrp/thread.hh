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
    // Runs when this returns.  The fence and the mailbox for its news must outlive it; the fence is called from it only.
    [[nodiscard]] static Result<std::unique_ptr<Thread>> start(const Settings& settings, Fence& fence, Mailbox<News>& news);
    // Stops in order if stop() was not called.
    ~Thread();
    Thread(const Thread&) = delete;
    Thread& operator=(const Thread&) = delete;

    void post(Order order) { orders_->post(std::move(order)); }
    // Resigns, removes the addresses, ends the thread; what it told last is in the mailbox then.
    void stop();

 private:
    explicit Thread(std::unique_ptr<Mailbox<Order>> orders) : orders_(std::move(orders)) {}

    std::unique_ptr<Mailbox<Order>> orders_;
    std::thread thread_;
};

}  // namespace lvx::vrrp

#include "daemon/notify.hh"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstring>

#include "base/fd.hh"

namespace lvx::daemon {
namespace {

// A service manager's socket in the abstract namespace.
class Manager {
 public:
    Manager() : name_("@lvx-notify-test-" + std::to_string(::getpid())), socket_(::socket(AF_UNIX, SOCK_DGRAM, 0)) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::memcpy(address.sun_path + 1, name_.data() + 1, name_.size() - 1);
        const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name_.size());
        EXPECT_EQ(::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), length), 0);
    }
    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] std::string next() const {
        char text[256];
        const ssize_t length = ::recv(socket_.get(), text, sizeof text, MSG_DONTWAIT);
        return length < 0 ? "nothing" : std::string(text, static_cast<std::size_t>(length));
    }

 private:
    std::string name_;
    Fd socket_;
};

TEST(Notifier, SpeaksTheWordsOfSystemd) {
    const Manager manager;
    const Notifier notifier(manager.name());
    notifier.ready("2 services");
    EXPECT_EQ(manager.next(), "READY=1\nSTATUS=2 services");
    notifier.reloading(1234);
    EXPECT_EQ(manager.next(), "RELOADING=1\nMONOTONIC_USEC=1234");
    notifier.status("3 services");
    EXPECT_EQ(manager.next(), "STATUS=3 services");
    notifier.stopping();
    EXPECT_EQ(manager.next(), "STOPPING=1");
}

TEST(Notifier, IsSilentWithoutManagerOrWithOneThatIsGone) {
    const Manager manager;
    Notifier("").ready("x");
    Notifier("@lvx-notify-test-nobody").ready("x");
    Notifier(std::string(200, 'x')).ready("x");
    EXPECT_EQ(manager.next(), "nothing");
}

}  // namespace
}  // namespace lvx::daemon

#include "sync/tls_driver.hh"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <filesystem>
#include <fstream>

namespace lvx::sync {
namespace {

class Tls : public testing::Test {
 protected:
    Tls() {
        char name[] = "/tmp/lvx-tls-XXXXXX";
        directory_ = ::mkdtemp(name);
    }
    ~Tls() override { std::filesystem::remove_all(directory_); }

    std::string file(const std::string& name, const std::string& text) {
        std::ofstream(directory_ + "/" + name) << text;
        return directory_ + "/" + name;
    }
    TlsContext with_key(const std::string& name, const std::string& key) {
        auto context = TlsContext::make({.key_file = file(name, key)});
        EXPECT_TRUE(context) << context.error().sentence();
        return std::move(*context);
    }
    // Both ends' outcome after as many steps as a handshake can need.
    struct Outcome {
        TlsLink::Progress client, server;
        std::string carried;
    };
    static Outcome meet(const TlsContext& client, const TlsContext& server) {
        int ends[2];
        EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
        TlsLink one(client, Fd(ends[0]), TlsSide::client), other(server, Fd(ends[1]), TlsSide::server);
        Outcome outcome{TlsLink::Progress::wants_more, TlsLink::Progress::wants_more, ""};
        for (int i = 0; i < 10; ++i) {
            if (outcome.client == TlsLink::Progress::wants_more) outcome.client = one.handshake();
            if (outcome.server == TlsLink::Progress::wants_more) outcome.server = other.handshake();
        }
        if (outcome.client != TlsLink::Progress::done || outcome.server != TlsLink::Progress::done) return outcome;
        const std::string text = "a change";
        EXPECT_EQ(one.write({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}), text.size());
        if (const auto bytes = other.read()) outcome.carried.assign(bytes->begin(), bytes->end());
        return outcome;
    }
    std::string directory_;
};

TEST_F(Tls, TwoDirectorsOfOneKeyUnderstandEachOther) {
    const Outcome outcome = meet(with_key("one", "0123456789abcdef0123456789abcdef\n"), with_key("two", "0123456789abcdef0123456789abcdef"));
    EXPECT_EQ(outcome.client, TlsLink::Progress::done);
    EXPECT_EQ(outcome.server, TlsLink::Progress::done);
    EXPECT_EQ(outcome.carried, "a change");
}

TEST_F(Tls, AnotherKeyIsRefused) {
    const Outcome outcome = meet(with_key("one", "0123456789abcdef0123456789abcdef"), with_key("two", "0123456789abcdef0123456789abcdeF"));
    EXPECT_EQ(outcome.server, TlsLink::Progress::refused);
    EXPECT_NE(outcome.client, TlsLink::Progress::done);
}

TEST_F(Tls, AKeyThatIsTooShortOrNotThereIsRefusedWithAHint) {
    const auto is_long_enough = [&](std::size_t size) { return TlsContext::make({.key_file = file("key", std::string(size, 'k'))}).has_value(); };
    EXPECT_FALSE(is_long_enough(15));
    EXPECT_TRUE(is_long_enough(16));
    EXPECT_TRUE(is_long_enough(4096));
    EXPECT_FALSE(is_long_enough(4097));
    const auto none = TlsContext::make({.key_file = directory_ + "/none"});
    ASSERT_FALSE(none);
    EXPECT_NE(none.error().hint.find("openssl rand"), std::string::npos);
}

TEST_F(Tls, CertificatesOfOneAuthorityUnderstandEachOtherAndStrangersDoNot) {
    const auto make = [&](const std::string& name) {
        const std::string command = "cd " + directory_ + " && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=" + name +
                                    " -keyout " + name + ".key -out " + name + ".pem >/dev/null 2>&1";
        EXPECT_EQ(std::system(command.c_str()), 0);
        return model::StateSync{.certificate = directory_ + "/" + name + ".pem", .private_key = directory_ + "/" + name + ".key", .ca = directory_ + "/" + name + ".pem"};
    };
    const model::StateSync ours = make("ours"), strange = make("strange");
    const TlsContext one = *TlsContext::make(ours), other = *TlsContext::make(strange);
    const Outcome good = meet(one, one);
    EXPECT_EQ(good.server, TlsLink::Progress::done);
    EXPECT_EQ(good.carried, "a change");
    EXPECT_EQ(meet(one, other).client, TlsLink::Progress::refused);
    EXPECT_NE(meet(other, one).server, TlsLink::Progress::done);
}

TEST_F(Tls, ACertificateThatIsNotThereIsRefusedByItsName) {
    const auto made = TlsContext::make({.certificate = directory_ + "/none.pem", .private_key = directory_ + "/none.key", .ca = directory_ + "/none.pem"});
    ASSERT_FALSE(made);
    EXPECT_NE(made.error().sentence().find("none.pem"), std::string::npos);
}

}  // namespace
}  // namespace lvx::sync

#include "sync/tls_driver.hh"

#include <gtest/gtest.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <filesystem>
#include <fstream>

#include "base/test_folder.hh"

namespace lvx::sync {
namespace {

class Tls : public testing::Test {
 protected:
    std::string file(const std::string& name, const std::string& text) {
        std::ofstream(folder_.file(name)) << text;
        return folder_.file(name);
    }
    TlsContext with_key(const std::string& name, const std::string& key) {
        auto context = TlsContext::make({.key_file = file(name, key)});
        EXPECT_TRUE(context) << context.error().sentence();
        return std::move(*context);
    }
    // A certificate that signs itself, and its key.
    model::StateSync certificate(const std::string& name) {
        const model::StateSync settings{.certificate = folder_.file(name + ".pem"),
                                        .private_key = folder_.file(name + ".key"),
                                        .ca = folder_.file(name + ".pem")};
        EVP_PKEY* key = EVP_EC_gen("P-256");
        X509* made = X509_new();
        X509_set_version(made, 2);
        ASN1_INTEGER_set(X509_get_serialNumber(made), 1);
        X509_gmtime_adj(X509_getm_notBefore(made), -60);
        X509_gmtime_adj(X509_getm_notAfter(made), 3600);
        X509_NAME_add_entry_by_txt(X509_get_subject_name(made), "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
        X509_set_issuer_name(made, X509_get_subject_name(made));
        X509_set_pubkey(made, key);
        X509_sign(made, key, EVP_sha256());
        BIO* certificate_file = BIO_new_file(settings.certificate.c_str(), "w");
        BIO* key_file = BIO_new_file(settings.private_key.c_str(), "w");
        EXPECT_TRUE(PEM_write_bio_X509(certificate_file, made) && PEM_write_bio_PrivateKey(key_file, key, nullptr, nullptr, 0, nullptr, nullptr));
        BIO_free(certificate_file);
        BIO_free(key_file);
        X509_free(made);
        EVP_PKEY_free(key);
        return settings;
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
    TestFolder folder_;
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
    const auto none = TlsContext::make({.key_file = folder_.file("none")});
    ASSERT_FALSE(none);
    EXPECT_NE(none.error().hint.find("openssl rand"), std::string::npos);
}

TEST_F(Tls, CertificatesOfOneAuthorityUnderstandEachOtherAndStrangersDoNot) {
    const model::StateSync ours = certificate("ours"), strange = certificate("strange");
    const TlsContext one = *TlsContext::make(ours), other = *TlsContext::make(strange);
    const Outcome good = meet(one, one);
    EXPECT_EQ(good.server, TlsLink::Progress::done);
    EXPECT_EQ(good.carried, "a change");
    EXPECT_EQ(meet(one, other).client, TlsLink::Progress::refused);
    EXPECT_NE(meet(other, one).server, TlsLink::Progress::done);
}

TEST_F(Tls, ACertificateThatIsNotThereIsRefusedByItsName) {
    const auto made = TlsContext::make({.certificate = folder_.file("none.pem"), .private_key = folder_.file("none.key"), .ca = folder_.file("none.pem")});
    ASSERT_FALSE(made);
    EXPECT_NE(made.error().sentence().find("none.pem"), std::string::npos);
}

}  // namespace
}  // namespace lvx::sync

// ICMP errors about packets of a connection, from both sides, and those that are nobody's.
#include "tests/packet/packet_test.hh"

namespace lvx::test {
namespace {

using ErrorTest = PacketTest;

class Conversation {
 public:
    Conversation(Family family, Packet request, Packet reply) : family_(family), request_(request), reply_(reply) {}

    // From the client's side about what the client got, and from the server's side about what the server got.
    Error about_reply() const {
        Packet seen = reply_;
        seen.source = addresses(family_).virtual_address;
        std::get<Tcp>(seen.transport).source_port = service_port;
        return error(request_.source_mac, addresses(family_).client, addresses(family_).virtual_address, seen);
    }
    Error about_request() const {
        Packet seen = request_;
        seen.destination = addresses(family_).servers[0];
        std::get<Tcp>(seen.transport).destination_port = server_port;
        return error(server_mac, addresses(family_).servers[0], addresses(family_).client, seen);
    }

 private:
    Error error(Mac from, Address source, Address destination, const Packet& about) const {
        return {.outer = {.destination_mac = director_mac, .source_mac = from, .source = source, .destination = destination},
                .icmp = {.type = static_cast<std::uint8_t>(family_ == Family::v4 ? 3 : 1), .code = 1},
                .about = about,
                .quoted = family_ == Family::v4 ? 40u : 60u};
    }
    Family family_;
    Packet request_, reply_;
};

TEST_P(ErrorTest, TranslatesAnErrorAboutAReplyForTheServer) {
    for (const Family family : families) {
        const Addresses all = addresses(family);
        configure(cluster({service(family, model::Protocol::tcp, "rr", 1)}));
        run(request(family, syn));
        const Error error = Conversation(family, request(family, ack), reply(family, ack, 0)).about_reply();
        Error expected = error;
        expected.outer.destination = all.servers[0];
        expected.outer.destination_mac = server_mac;
        expected.outer.source_mac = inside_mac;
        expected.outer.ttl -= 1;
        expected.about.source = all.servers[0];
        std::get<Tcp>(expected.about.transport).source_port = server_port;
        const Outcome outcome = run(build_error(error));
        EXPECT_EQ(outcome.verdict, VERDICT_error_to_server);
        EXPECT_EQ(outcome.frame, build_error(expected));
    }
}

TEST_P(ErrorTest, TranslatesAnErrorAboutARequestForTheClient) {
    for (const Family family : families) {
        const Addresses all = addresses(family);
        configure(cluster({service(family, model::Protocol::tcp, "rr", 1)}));
        run(request(family, syn));
        Error error = Conversation(family, request(family, ack), reply(family, ack, 0)).about_request();
        for (const Address& sender : {all.servers[0], all.other_client}) {  // or a router behind us
            error.outer.source = sender;
            Error expected = error;
            expected.outer.source = all.virtual_address;
            expected.outer.destination_mac = client_mac;
            expected.outer.source_mac = director_mac;
            expected.outer.ttl -= 1;
            expected.about.destination = all.virtual_address;
            std::get<Tcp>(expected.about.transport).destination_port = service_port;
            const Outcome outcome = run(build_error(error));
            EXPECT_EQ(outcome.verdict, VERDICT_error_to_client);
            EXPECT_EQ(outcome.frame, build_error(expected));
        }
    }
}

TEST_P(ErrorTest, PassesErrorsAboutNoConnection) {
    for (const Family family : families) {
        configure(cluster({service(family, model::Protocol::tcp, "rr", 1)}));
        const Conversation conversation(family, request(family, ack), reply(family, ack, 0));
        EXPECT_EQ(run(build_error(conversation.about_reply())).verdict, VERDICT_unknown_error);
        EXPECT_EQ(run(build_error(conversation.about_request())).verdict, VERDICT_unknown_error);
        Error foreign = conversation.about_request();
        foreign.outer.source = addresses(family).other_client;
        EXPECT_EQ(run(build_error(foreign)).verdict, VERDICT_not_ours);
    }
}

TEST_P(ErrorTest, DropsAnErrorWithAWrongChecksumOrNoHopLeft) {
    for (const Family family : families) {
        configure(cluster({service(family, model::Protocol::tcp, "rr", 1)}));
        run(request(family, syn));
        Error error = Conversation(family, request(family, ack), reply(family, ack, 0)).about_reply();
        Bytes frame = build_error(error);
        frame.back() ^= 1;
        EXPECT_EQ(run(frame).verdict, VERDICT_bad_icmp);
        error.outer.ttl = 1;
        const Outcome outcome = run(build_error(error));
        EXPECT_EQ(outcome.verdict, VERDICT_ttl_expired);
        EXPECT_EQ(outcome.action, Action::dropped);
    }
}

INSTANTIATE_TEST_SUITE_P(BothHooks, ErrorTest, testing::Values(Hook::xdp, Hook::tc),
                         [](const auto& hook) { return hook.param == Hook::xdp ? "xdp" : "tc"; });

}  // namespace
}  // namespace lvx::test

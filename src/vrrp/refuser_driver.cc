#include "vrrp/refuser_driver.hh"

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <iterator>
#include <span>
#include <vector>

#include "base/fd.hh"

namespace lvx::vrrp {

namespace {

constexpr const char *table = "lvx_no_accept", *chain = "input", *set_v4 = "addresses4", *set_v6 = "addresses6";
constexpr std::size_t message_room = 64 * 1024, elements_at_once = 256;
constexpr int hook_priority = -1;                               // before everybody's filter
constexpr std::uint32_t type_v4 = 7, type_v6 = 8;               // of set keys, as nft(8) names them
constexpr std::uint8_t first_discovery = 133, last_discovery = 137, icmp6 = 58;
constexpr timeval kernel_patience{.tv_sec = 1, .tv_usec = 0};

using Bytes = std::span<const std::uint8_t>;

// One transaction: messages between a begin and an end.
class Batch {
 public:
    Batch() { frame(NFNL_MSG_BATCH_BEGIN); }

    nlmsghdr* begin(std::uint16_t type, std::uint16_t flags) {
        message_.assign(message_room, 0);
        nlmsghdr* header = mnl_nlmsg_put_header(message_.data());
        header->nlmsg_type = static_cast<std::uint16_t>(NFNL_SUBSYS_NFTABLES << 8 | type);
        header->nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | flags);
        header->nlmsg_seq = ++sequence_;
        auto* body = static_cast<nfgenmsg*>(mnl_nlmsg_put_extra_header(header, sizeof(nfgenmsg)));
        body->nfgen_family = NFPROTO_INET;
        return header;
    }
    void end(const nlmsghdr* header) { all_.insert(all_.end(), message_.data(), message_.data() + MNL_ALIGN(header->nlmsg_len)); }
    const std::vector<char>& finish() {
        frame(NFNL_MSG_BATCH_END);
        return all_;
    }

 private:
    void frame(std::uint16_t type) {
        nlmsghdr* header = begin(NFT_MSG_NEWTABLE, 0);
        header->nlmsg_type = type;
        auto* body = static_cast<nfgenmsg*>(mnl_nlmsg_get_payload(header));
        body->nfgen_family = AF_UNSPEC;
        body->res_id = htons(NFNL_SUBSYS_NFTABLES);
        end(header);
    }

    std::vector<char> message_, all_;
    std::uint32_t sequence_ = 0;
};

void put_number(nlmsghdr* header, std::uint16_t type, std::uint32_t number) { mnl_attr_put_u32(header, type, htonl(number)); }

void put_table(Batch& batch, std::uint16_t type, std::uint16_t flags) {
    nlmsghdr* header = batch.begin(type, flags);
    mnl_attr_put_strz(header, NFTA_TABLE_NAME, table);
    batch.end(header);
}

void put_chain(Batch& batch) {
    nlmsghdr* header = batch.begin(NFT_MSG_NEWCHAIN, NLM_F_CREATE);
    mnl_attr_put_strz(header, NFTA_CHAIN_TABLE, table);
    mnl_attr_put_strz(header, NFTA_CHAIN_NAME, chain);
    nlattr* hook = mnl_attr_nest_start(header, NFTA_CHAIN_HOOK);
    put_number(header, NFTA_HOOK_HOOKNUM, NF_INET_LOCAL_IN);
    put_number(header, NFTA_HOOK_PRIORITY, static_cast<std::uint32_t>(hook_priority));
    mnl_attr_nest_end(header, hook);
    put_number(header, NFTA_CHAIN_POLICY, NF_ACCEPT);
    mnl_attr_put_strz(header, NFTA_CHAIN_TYPE, "filter");
    batch.end(header);
}

void put_set(Batch& batch, const char* name, std::uint32_t type, std::uint32_t length) {
    nlmsghdr* header = batch.begin(NFT_MSG_NEWSET, NLM_F_CREATE);
    mnl_attr_put_strz(header, NFTA_SET_TABLE, table);
    mnl_attr_put_strz(header, NFTA_SET_NAME, name);
    put_number(header, NFTA_SET_FLAGS, 0);
    put_number(header, NFTA_SET_KEY_TYPE, type);
    put_number(header, NFTA_SET_KEY_LEN, length);
    put_number(header, NFTA_SET_ID, length);
    batch.end(header);
}

Bytes wire_bytes(const Address& address) { return std::span(address.mapped()).last(address.is_v4() ? 4 : 16); }

void put_elements(Batch& batch, const char* name, std::span<const Address> addresses) {
    nlmsghdr* header = batch.begin(NFT_MSG_NEWSETELEM, NLM_F_CREATE);
    mnl_attr_put_strz(header, NFTA_SET_ELEM_LIST_TABLE, table);
    mnl_attr_put_strz(header, NFTA_SET_ELEM_LIST_SET, name);
    nlattr* list = mnl_attr_nest_start(header, NFTA_SET_ELEM_LIST_ELEMENTS);
    for (const Address& address : addresses) {
        nlattr* element = mnl_attr_nest_start(header, NFTA_LIST_ELEM);
        nlattr* key = mnl_attr_nest_start(header, NFTA_SET_ELEM_KEY);
        mnl_attr_put(header, NFTA_DATA_VALUE, wire_bytes(address).size(), wire_bytes(address).data());
        mnl_attr_nest_end(header, key);
        mnl_attr_nest_end(header, element);
    }
    mnl_attr_nest_end(header, list);
    batch.end(header);
}

// A rule is a list of expressions that work on registers.
class Rule {
 public:
    Rule(Batch& batch, std::uint16_t flags) : batch_(batch), header_(batch.begin(NFT_MSG_NEWRULE, static_cast<std::uint16_t>(NLM_F_CREATE | NLM_F_APPEND | flags))) {
        mnl_attr_put_strz(header_, NFTA_RULE_TABLE, table);
        mnl_attr_put_strz(header_, NFTA_RULE_CHAIN, chain);
        list_ = mnl_attr_nest_start(header_, NFTA_RULE_EXPRESSIONS);
    }
    void end() {
        mnl_attr_nest_end(header_, list_);
        batch_.end(header_);
    }

    void meta_is(std::uint32_t key, std::uint8_t value) {
        open("meta");
        put_number(header_, NFTA_META_DREG, NFT_REG_1);
        put_number(header_, NFTA_META_KEY, key);
        close();
        compare(NFT_CMP_EQ, value);
    }
    void load(std::uint32_t base, std::uint32_t offset, std::uint32_t length) {
        open("payload");
        put_number(header_, NFTA_PAYLOAD_DREG, NFT_REG_1);
        put_number(header_, NFTA_PAYLOAD_BASE, base);
        put_number(header_, NFTA_PAYLOAD_OFFSET, offset);
        put_number(header_, NFTA_PAYLOAD_LEN, length);
        close();
    }
    void compare(std::uint32_t how, std::uint8_t value) {
        open("cmp");
        put_number(header_, NFTA_CMP_SREG, NFT_REG_1);
        put_number(header_, NFTA_CMP_OP, how);
        nlattr* data = mnl_attr_nest_start(header_, NFTA_CMP_DATA);
        mnl_attr_put_u8(header_, NFTA_DATA_VALUE, value);
        mnl_attr_nest_end(header_, data);
        close();
    }
    void is_in(const char* set) {
        open("lookup");
        mnl_attr_put_strz(header_, NFTA_LOOKUP_SET, set);
        put_number(header_, NFTA_LOOKUP_SREG, NFT_REG_1);
        close();
    }
    void verdict(std::uint32_t code) {
        open("immediate");
        put_number(header_, NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT);
        nlattr* data = mnl_attr_nest_start(header_, NFTA_IMMEDIATE_DATA);
        nlattr* what = mnl_attr_nest_start(header_, NFTA_DATA_VERDICT);
        put_number(header_, NFTA_VERDICT_CODE, code);
        mnl_attr_nest_end(header_, what);
        mnl_attr_nest_end(header_, data);
        close();
    }

 private:
    void open(const char* name) {
        element_ = mnl_attr_nest_start(header_, NFTA_LIST_ELEM);
        mnl_attr_put_strz(header_, NFTA_EXPR_NAME, name);
        data_ = mnl_attr_nest_start(header_, NFTA_EXPR_DATA);
    }
    void close() {
        mnl_attr_nest_end(header_, data_);
        mnl_attr_nest_end(header_, element_);
    }

    Batch& batch_;
    nlmsghdr* header_;
    nlattr *list_ = nullptr, *element_ = nullptr, *data_ = nullptr;
};

void put_rules(Batch& batch) {
    Rule v4(batch, 0);
    v4.meta_is(NFT_META_NFPROTO, NFPROTO_IPV4);
    v4.load(NFT_PAYLOAD_NETWORK_HEADER, 16, 4);
    v4.is_in(set_v4);
    v4.verdict(NF_DROP);
    v4.end();
    Rule discovery(batch, 0);
    discovery.meta_is(NFT_META_NFPROTO, NFPROTO_IPV6);
    discovery.meta_is(NFT_META_L4PROTO, icmp6);
    discovery.load(NFT_PAYLOAD_TRANSPORT_HEADER, 0, 1);
    discovery.compare(NFT_CMP_GTE, first_discovery);
    discovery.compare(NFT_CMP_LTE, last_discovery);
    discovery.verdict(NF_ACCEPT);
    discovery.end();
    Rule v6(batch, NLM_F_ACK);
    v6.meta_is(NFT_META_NFPROTO, NFPROTO_IPV6);
    v6.load(NFT_PAYLOAD_NETWORK_HEADER, 24, 16);
    v6.is_in(set_v6);
    v6.verdict(NF_DROP);
    v6.end();
}

void fill(Batch& batch, const std::set<Address>& addresses) {
    put_table(batch, NFT_MSG_NEWTABLE, NLM_F_CREATE);
    put_chain(batch);
    put_set(batch, set_v4, type_v4, 4);
    put_set(batch, set_v6, type_v6, 16);
    for (const Family family : {Family::v4, Family::v6}) {
        std::vector<Address> some;
        const auto flush = [&] {
            if (!some.empty()) put_elements(batch, family == Family::v4 ? set_v4 : set_v6, some);
            some.clear();
        };
        for (const Address& address : addresses) {
            if (address.family() == family) some.push_back(address);
            if (some.size() == elements_at_once) flush();
        }
        flush();
    }
    put_rules(batch);
}

// The acknowledgement of the transaction, or what was wrong with one of its messages.
Result<void> await_answer(const Fd& socket, const std::string& doing) {
    alignas(nlmsghdr) std::array<char, 8192> answer;
    const ssize_t length = ::recv(socket.get(), answer.data(), answer.size(), 0);
    if (length < static_cast<ssize_t>(NLMSG_LENGTH(sizeof(nlmsgerr)))) return refusal(doing, length < 0 ? errno : EPROTO);
    const auto* message = reinterpret_cast<const nlmsghdr*>(answer.data());
    const int code = -static_cast<const nlmsgerr*>(mnl_nlmsg_get_payload(message))->error;
    if (message->nlmsg_type == NLMSG_ERROR && code != 0) return refusal(doing, code);
    return {};
}

}  // namespace

Result<void> refuse_packets_to(const std::set<Address>& addresses) {
    const std::string doing = "cannot have packets to addresses with no_accept dropped (nf_tables)";
    if (addresses.size() > refused_limit) return refusal(doing, E2BIG);
    const Fd socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER));
    if (!socket.valid()) return refusal(doing, errno);
    (void)::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &kernel_patience, sizeof kernel_patience);
    const int room = 4 << 20;
    (void)::setsockopt(socket.get(), SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof room);
    Batch batch;
    // Made before it is removed, so that it may be missing.
    put_table(batch, NFT_MSG_NEWTABLE, NLM_F_CREATE);
    put_table(batch, NFT_MSG_DELTABLE, addresses.empty() ? NLM_F_ACK : std::uint16_t{0});
    if (!addresses.empty()) fill(batch, addresses);
    const std::vector<char>& bytes = batch.finish();
    if (::send(socket.get(), bytes.data(), bytes.size(), 0) < 0) return refusal(doing, errno);
    return await_answer(socket, doing);
}

}  // namespace lvx::vrrp

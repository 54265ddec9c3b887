// lvs_sync_daemon IF [[inst] NAME] [id N] [maxlen N] [port N] [ttl N] [group ADDR], and the older IF [NAME [ID]].
#include <algorithm>

#include "base/text.hh"
#include "config/keepalived/globals.hh"
#include "config/keepalived/line_cursor.hh"
#include "config/keepalived/names.hh"

namespace lvx::config::keepalived {
namespace {

using model::SyncDaemon;

constexpr std::string_view options = "inst id maxlen port ttl group";

bool is_option(std::string_view word) {
    const auto all = split_words(options);
    return std::ranges::find(all, word) != all.end();
}

void set_instance(const Word& name, SyncDaemon& daemon, Reading& reading) {
    if (expect_object(name, "vrrp_instance", reading) != nullptr) daemon.instance = name.text;
}

// Without an id, the kernel's is that of the virtual router it follows.
void settle_id(SyncDaemon& daemon, Reading& reading) {
    const Statement* instance = reading.find_object("vrrp_instance", daemon.instance);
    if (instance == nullptr) return;
    for (const Statement& one : instance->block) {
        if (one.keyword() != "virtual_router_id") continue;
        if (const auto id = number_of(one, Block::vrrp_instance)) daemon.id = static_cast<std::uint8_t>(*id);
    }
}

class SyncReader {
 public:
    SyncReader(const Statement& statement, Reading& reading) : reading_(reading), cursor_(statement, reading, 1) {}

    void run() {
        auto name = cursor_.interface();
        if (name) daemon_.interface = std::move(*name);
        positional();
        while (cursor_.more() && cursor_.understood()) option(cursor_.take());
        if (!has_id_) settle_id(daemon_, reading_);
        if (!name) return;
        reading_.site().globals.sync_daemon = daemon_;
    }

 private:
    void positional() {
        if (!cursor_.more() || is_option(cursor_.peek().text)) return;
        set_instance(cursor_.take(), daemon_, reading_);
        if (!cursor_.more() || !parse_integer(cursor_.peek().text)) return;
        const auto number = reading_.keep(read_number(Keyword{.name = "id", .low = 0, .high = 255}, cursor_.take()));
        if (number) set_id(*number);
    }

    void set_id(std::int64_t number) {
        daemon_.id = static_cast<std::uint8_t>(number);
        has_id_ = true;
    }

    void option(const Word& word) {
        if (word.text == "inst") {
            if (const Word* name = cursor_.argument("the name of a vrrp_instance belongs here")) set_instance(*name, daemon_, reading_);
        } else if (word.text == "id") {
            if (const auto number = cursor_.number({0, 255})) set_id(*number);
        } else if (word.text == "maxlen") {
            if (const auto number = cursor_.number({1, 65507})) daemon_.max_length = static_cast<std::uint16_t>(*number);
        } else if (word.text == "port") {
            if (const auto number = cursor_.number({1, 65535})) daemon_.port = static_cast<Port>(*number);
        } else if (word.text == "ttl") {
            if (const auto number = cursor_.number({1, 255})) daemon_.ttl = static_cast<std::uint8_t>(*number);
        } else if (word.text == "group") {
            if (const auto address = cursor_.address()) daemon_.group = *address;
        } else {
            cursor_.unknown(word, "lvs_sync_daemon", options);
        }
    }

    Reading& reading_;
    LineCursor cursor_;
    SyncDaemon daemon_;
    bool has_id_ = false;
};

}  // namespace

void read_sync_daemon(const Statement& statement, Reading& reading) {
    if (statement.words.size() < 2) return;  // said by check.cc
    SyncReader(statement, reading).run();
}

}  // namespace lvx::config::keepalived

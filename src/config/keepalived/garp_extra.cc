#include "config/keepalived/garp_extra.hh"

#include "config/keepalived/line_cursor.hh"

namespace lvx::config::keepalived {

void read_garp_extra(model::GarpTimes& garp, const Statement& statement, Reading& reading) {
    if (statement.words.size() < 2) return;  // said by check.cc
    LineCursor cursor(statement, reading, 1);
    const bool all = cursor.take_if("all");
    const auto seconds = cursor.number({0, 86400});
    if (cursor.more()) cursor.unknown(cursor.peek(), statement.keyword(), "all");
    if (!seconds) return;
    garp.extra = std::chrono::seconds{*seconds};
    garp.extra_all = all;
}

}  // namespace lvx::config::keepalived

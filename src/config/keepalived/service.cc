#include "config/keepalived/service.hh"

#include "config/keepalived/server.hh"
#include "config/keepalived/service_draft.hh"

namespace lvx::config::keepalived {

void read_virtual_server(const Statement& statement, Reading& reading) {
    ServiceDraft draft(statement);
    auto head = read_head(statement, reading);
    if (!head) return;
    draft.head = std::move(*head);
    read_service_block(draft, reading);
    settle_service(draft, reading);
}

std::vector<std::string_view> service_keywords(Block block) {
    return block == Block::virtual_server ? service_block_keywords() : server_keywords(block);
}

}  // namespace lvx::config::keepalived

// The tool's questions and orders about synchronisation, on a Client's connection.
#pragma once

#include <string_view>

#include "api/client.hh"
#include "api/sync.hh"

namespace lvx::api {

[[nodiscard]] Result<SyncSnapshot> fetch_sync(Client& client);

enum class DaemonOrder : std::uint8_t { start, stop };
// 0, or the errno with which it is refused; an Error only when there was no proper answer.
[[nodiscard]] Result<int> order_sync_daemon(Client& client, DaemonOrder order, const SyncDaemonRequest& request);

}  // namespace lvx::api

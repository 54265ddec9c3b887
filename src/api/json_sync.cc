#include "api/json_sync.hh"

#include "api/json_codec.inc"

namespace lvx::api {

LVX_WIRE(SyncSnapshot)
LVX_WIRE(SyncDaemonRequest)

}  // namespace lvx::api

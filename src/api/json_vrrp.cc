#include "api/json_vrrp.hh"

#include "api/json_codec.inc"

namespace lvx::api {

LVX_WIRE(VrrpSnapshot)
LVX_WIRE(VrrpOrder)

}  // namespace lvx::api

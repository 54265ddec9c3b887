#include "api/json_codec.inc"

namespace lvx::api {

std::string JsonFault::sentence() const { return place.empty() ? reason : place + ": " + reason; }

LVX_WIRE(StatusSnapshot)
LVX_WIRE(ServicesSnapshot)
LVX_WIRE(Verdicts)
LVX_WIRE(Interfaces)
LVX_WIRE(ConnectionSnapshot)
LVX_WIRE(model::Timeouts)
LVX_WIRE(Operations)
LVX_WIRE(OperationsOutcome)
LVX_WIRE(ReloadOutcome)
LVX_WIRE(Problem)

}  // namespace lvx::api

#include "api/json_change.hh"

#include "api/json_codec.inc"

namespace lvx::api {

LVX_WIRE(model::RunState)
LVX_WIRE(model::Record)
LVX_WIRE(model::ConfigurationText)
LVX_WIRE(OverridesSnapshot)
LVX_WIRE(ClearOutcome)
LVX_WIRE(PlanOutcome)
LVX_WIRE(ApplyRequest)
LVX_WIRE(ApplyOutcome)
LVX_WIRE(History)
LVX_WIRE(ServerRequest)
LVX_WIRE(ServersOutcome)
LVX_WIRE(ConfigurationView)

}  // namespace lvx::api

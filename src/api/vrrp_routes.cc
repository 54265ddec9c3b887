// Resources about virtual routers.
#include "api/route.hh"
#include "api/vrrp.hh"

namespace lvx::api {

namespace {

Refused no_vrrp() {
    return Refused(Problem{.title = "Not Implemented", .status = 501, .detail = "this director has no virtual routers", .code = "no_vrrp"});
}

Answer get_vrrp(const Call& call) {
    const VrrpDesk* desk = call.director.vrrp();
    if (desk == nullptr) return no_vrrp();
    return json_response(desk->vrrp());
}

using Order = std::expected<void, Problem> (VrrpDesk::*)(const VrrpOrder&, const std::string&);

template <Order order>
Answer give_order(const Call& call) {
    VrrpDesk* desk = call.director.vrrp();
    if (desk == nullptr) return no_vrrp();
    const auto request = from_json<VrrpOrder>(call.body);
    if (!request) return bad_request(request.error().sentence(), "{\"instance\": \"VI_1\"}, {\"on\": true}");
    if (auto done = (desk->*order)(*request, call.who); !done) return Refused(done.error());
    return Response{.status = 202, .content_type = "application/json", .body = "{}\n"};
}

constexpr std::array rows{
    Route{"GET", "/v1/vrrp", get_vrrp},
    Route{"POST", "/v1/vrrp/failover", give_order<&VrrpDesk::failover>},
    Route{"POST", "/v1/vrrp/standby", give_order<&VrrpDesk::standby>},
};

}  // namespace

std::span<const Route> vrrp_routes() { return rows; }

}  // namespace lvx::api

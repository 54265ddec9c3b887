// The resource about firewall marks.
#include "api/marks.hh"
#include "api/route.hh"

namespace lvx::api {

namespace {

Answer get_marks(const Call& call) {
    MarksDesk* const desk = call.director.marks();
    if (desk == nullptr) return Refused(Problem{.title = "Not Implemented", .status = 501, .detail = "this director follows no firewall marks", .code = "no_marks"});
    const bool looked = desk->looked();
    Response response = json_response(desk->marks());
    if (!looked) response.hold_s = marks_wait_s;
    return response;
}

constexpr std::array routes{Route{"GET", "/v1/marks", get_marks}};

}  // namespace

std::span<const Route> mark_routes() { return routes; }

}  // namespace lvx::api

#include "vrrp/script_track.hh"

namespace lvx::vrrp {

bool ScriptTrack::result(bool succeeded) {
    const std::optional<bool> before = good_;
    if (!told_ && !good_) {
        good_ = succeeded;
        streak_ = 0;
    } else if (succeeded == good_) {
        streak_ = 0;
    } else if (++streak_ >= (succeeded ? rise_ : fall_)) {
        good_ = succeeded;
        streak_ = 0;
    }
    told_ = true;
    return good_ != before;
}

}  // namespace lvx::vrrp

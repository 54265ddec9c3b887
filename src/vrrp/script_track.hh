// vrrp_script: what its results mean.  Pure: rise and fall, the first result decides, init_fail.
#pragma once

#include <cstdint>
#include <optional>

#include "model/vrrp.hh"

namespace lvx::vrrp {

class ScriptTrack {
 public:
    explicit ScriptTrack(const model::VrrpScript& script) : rise_(script.rise), fall_(script.fall) {
        if (script.init_fail) good_ = false;
    }

    // Good or bad; nothing before the first result, unless init_fail.
    [[nodiscard]] std::optional<bool> good() const { return good_; }
    // True when good() changed.
    bool result(bool succeeded);

 private:
    std::uint32_t rise_, fall_, streak_ = 0;
    bool told_ = false;  // a result has come
    std::optional<bool> good_;
};

}  // namespace lvx::vrrp

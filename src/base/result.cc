#include "base/result.hh"

#include <cstring>

namespace lvx {

std::string Error::sentence() const {
    if (code == 0) return doing;
    return doing + ": " + strerrordesc_np(code);
}

}  // namespace lvx

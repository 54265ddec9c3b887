// Whole Ethernet frames onto interfaces, for answers that were held.
#pragma once

#include <cstdint>

#include "base/fd.hh"
#include "sync/gate.hh"

namespace lvx::sync {

class Frames {
 public:
    // False: the machine would not take it.
    bool send(const Answer& answer);

 private:
    Fd socket_;
};

}  // namespace lvx::sync

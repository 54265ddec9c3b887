// ensure(): for what only a defect of ours can break.  Prints the place and the broken condition and aborts.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace lvx {

[[noreturn]] inline void broken(const char* condition, const char* file, int line) {
    std::fprintf(stderr, "%s:%d: defect in lvx: \"%s\" does not hold; please report this line\n", file, line, condition);
    std::abort();
}

}  // namespace lvx

#define ensure(condition) ((condition) ? (void)0 : ::lvx::broken(#condition, __FILE__, __LINE__))

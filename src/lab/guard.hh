// Work that must be tidied up after, however it ends: it runs in a child, and when the child ends, is interrupted or
// crashes, the parent tidies up.  What outlives even that (SIGKILL of the parent) is left to remove_stale().
#pragma once

#include <functional>

namespace lvx::lab {

// Exit status of `work`, or 128 + the signal that ended it.  `tidy` is told that status.
[[nodiscard]] int guarded(const std::function<int()>& work, const std::function<void(int status)>& tidy);

}  // namespace lvx::lab

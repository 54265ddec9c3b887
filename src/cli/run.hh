// lvx: from argv to an exit status.
#pragma once

#include <span>
#include <string>

namespace lvx::cli {

// `words` are argv.  argv[0] may be a path; its last part chooses the applet (ipvsadm, ipvsadm-save, ipvsadm-restore),
// anything else is lvx itself.
[[nodiscard]] int run(std::span<const std::string> words);

}  // namespace lvx::cli

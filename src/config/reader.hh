// Reader: how the loader sees the file system.  Two functions, so that tests and fuzzers need no disk.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hh"

namespace lvx::config {

struct Reader {
    // The whole text of a file.
    std::function<Result<std::string>(std::string_view path)> read;
    // Names that match a pattern with * ? [] (no braces: the loader expands them), in alphabetical order: regular
    // files that are not executable.  A pattern without wildcards gives the file itself if it is there.
    std::function<std::vector<std::string>(std::string_view pattern)> match;
};

}  // namespace lvx::config

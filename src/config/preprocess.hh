// The first stage of reading: files -> lines.  Includes are followed, comments removed, "@id" lines taken or left out,
// definitions ($NAME, ${NAME}, predefined ${_...}) replaced, ~SEQ / ~SEQx / ~LST repeated.  Every line that comes out
// knows the place in a file that is to blame for each of its bytes.
#pragma once

#include <string_view>
#include <vector>

#include "config/diagnostic.hh"
#include "config/line.hh"
#include "config/options.hh"
#include "config/reader.hh"

namespace lvx::config {

// Bounds: a small file may neither loop for ever nor fill the memory.  Reaching one is a diagnostic.
inline constexpr std::size_t deepest_include = 16;
inline constexpr std::size_t most_files = 4096;
inline constexpr std::size_t deepest_expansion = 32;              // definitions that use definitions
inline constexpr std::size_t most_expanded_bytes = 16ul << 20;    // made by definitions and repetitions, all together

[[nodiscard]] std::vector<Line> preprocess(const Reader& reader, std::string_view main_file, const Options& options,
                                           Sources& sources, Diagnostics& diagnostics);

}  // namespace lvx::config

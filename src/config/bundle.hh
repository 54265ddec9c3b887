// A configuration with all its files as one value: made of what load() read, and read by load() as if it were a disk.
#pragma once

#include <string>
#include <string_view>

#include "config/reader.hh"
#include "config/source.hh"
#include "model/record.hh"

namespace lvx::config {

// Every file that was read, each once.
[[nodiscard]] model::ConfigurationText bundle(const Sources& sources, std::string_view main_file);

// Patterns match names of the bundle only.  `text` outlives the reader.
[[nodiscard]] Reader reader_of(const model::ConfigurationText& text);

// Differs where the texts differ: to see whether a file is still the one that was read.  Not for adversaries.
[[nodiscard]] std::string digest(const model::ConfigurationText& text);

}  // namespace lvx::config

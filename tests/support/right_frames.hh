// Right frames of every kind the parsers know, by name: what the twin test mutates and the fuzzer starts
// from.
#pragma once

#include <string>
#include <vector>

#include "tests/support/packet_builder.hh"

namespace lvx::test {

struct NamedFrame {
    std::string name;
    Bytes bytes;
};

[[nodiscard]] std::vector<NamedFrame> right_frames();

}  // namespace lvx::test

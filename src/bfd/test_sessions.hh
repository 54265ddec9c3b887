// For tests: a session over loopback.  All sessions of a process share UDP port 4784's one socket, so that two of one
// driver whose neighbours are each other's source meet; every test has loopback addresses of its own.  Detection takes two
// seconds, so that no stall of the machine takes a session down.
#pragma once

#include <chrono>
#include <string>

#include "model/vrrp.hh"

namespace lvx::bfd::test {

inline model::BfdInstance session(const std::string& name, const char* source, const char* neighbour) {
    return {.name = name, .neighbour = *Address::parse(neighbour), .source = *Address::parse(source), .min_rx = std::chrono::milliseconds(400), .min_tx = std::chrono::milliseconds(400), .multihop = true};
}

}  // namespace lvx::bfd::test

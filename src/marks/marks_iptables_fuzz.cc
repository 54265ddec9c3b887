// Whatever iptables-save prints, reading and evaluating it ends, and members are what the naive twin marks.
#include <cstddef>
#include <cstdint>

#include "marks/iptables.hh"
#include "marks/naive.hh"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    for (const lvx::Family family : {lvx::Family::v4, lvx::Family::v6}) {
        const auto saved = lvx::marks::read_saved({reinterpret_cast<const char*>(data), size}, family);
        lvx::marks::check_members(saved.tables, lvx::marks::evaluate_within(saved.tables, 5'000'000));
    }
    return 0;
}

// Whatever nft prints, reading and evaluating it ends, and members are what the naive twin marks.
#include <cstddef>
#include <cstdint>

#include "marks/naive.hh"
#include "marks/nft.hh"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto rules = lvx::marks::read_nft({reinterpret_cast<const char*>(data), size});
    if (!rules) return 0;
    const lvx::marks::Evaluation found = lvx::marks::evaluate_within(*rules, 5'000'000);
    lvx::marks::check_members(*rules, found);
    return 0;
}

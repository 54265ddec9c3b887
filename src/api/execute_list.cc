#include "api/execute_list.hh"

namespace lvx::api {

Execution execute_list(Director& director, std::span<const model::Operation> operations) {
    const Execution whole = director.execute(operations);
    if (whole.refusal == 0 || whole.executed != 0 || operations.size() < 2) return whole;
    const std::size_t half = operations.size() / 2;
    const Execution first = execute_list(director, operations.first(half));
    if (first.refusal != 0) return first;
    const Execution second = execute_list(director, operations.subspan(half));
    return {half + second.executed, second.refusal};
}

}  // namespace lvx::api

// Answers that the data plane holds (abi/held.h), taken out of their ring buffer.
#pragma once

#include <functional>
#include <memory>

#include "abi/held.h"
#include "base/fd.hh"
#include "base/result.hh"

struct ring_buffer;

namespace lvx::dataplane {

class HeldAnswers {
 public:
    // What was left there by another daemon is thrown away: its servers have said it again.
    static Result<std::unique_ptr<HeldAnswers>> open(const Fd& map);
    ~HeldAnswers();
    HeldAnswers(const HeldAnswers&) = delete;

    // Readable when there is something to take.
    [[nodiscard]] int fd() const;
    void take(const std::function<void(const abi::held_answer&)>& visit);

 private:
    HeldAnswers() = default;

    ring_buffer* ring_ = nullptr;
    const std::function<void(const abi::held_answer&)>* visit_ = nullptr;
};

}  // namespace lvx::dataplane

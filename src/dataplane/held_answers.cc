#include "dataplane/held_answers.hh"

#include <bpf/libbpf.h>

#include <cerrno>

namespace lvx::dataplane {

Result<std::unique_ptr<HeldAnswers>> HeldAnswers::open(const Fd& map) {
    std::unique_ptr<HeldAnswers> answers(new HeldAnswers);
    const auto visit = [](void* context, void* record, std::size_t size) {
        const auto* self = static_cast<HeldAnswers*>(context);
        if (size >= sizeof(abi::held_answer)) (*self->visit_)(*static_cast<const abi::held_answer*>(record));
        return 0;
    };
    answers->ring_ = ring_buffer__new(map.get(), visit, answers.get(), nullptr);
    if (!answers->ring_) return refusal("cannot read the answers that are held", errno);
    answers->take([](const abi::held_answer&) {});
    return answers;
}

HeldAnswers::~HeldAnswers() { ring_buffer__free(ring_); }

int HeldAnswers::fd() const { return ring_buffer__epoll_fd(ring_); }

void HeldAnswers::take(const std::function<void(const abi::held_answer&)>& visit) {
    visit_ = &visit;
    ring_buffer__consume(ring_);
    visit_ = nullptr;
}

}  // namespace lvx::dataplane

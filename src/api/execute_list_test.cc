#include "api/execute_list.hh"

#include <gtest/gtest.h>

#include <cerrno>

#include "api/fake_director.hh"
#include "api/json.hh"

namespace lvx::api {
namespace {

// Has room for so many operations, and refuses a list that does not fit as a whole.
class SmallDirector : public FakeDirector {
 public:
    explicit SmallDirector(std::size_t room) : room_(room) {}

    [[nodiscard]] Execution execute(std::span<const model::Operation> operations) override {
        ++attempts;
        if (executed.size() + operations.size() > room_) return {0, ENOSPC};
        return FakeDirector::execute(operations);
    }

    int attempts = 0;

 private:
    std::size_t room_;
};

Operations numbered(std::uint32_t count) {
    Operations list;
    for (std::uint32_t i = 1; i <= count; ++i) list.push_back(model::DeleteService{{.fwmark = i}});
    return list;
}

TEST(ExecuteList, WhatFitsHoldsAndTheFirstThatDoesNotIsNamed) {
    for (std::size_t room = 0; room <= 17; ++room) {
        SmallDirector director(room);
        const Operations list = numbered(17);
        const Execution execution = execute_list(director, list);
        EXPECT_EQ(execution, (Execution{room, room == 17 ? 0 : ENOSPC}));
        ASSERT_EQ(director.executed.size(), room);
        for (std::size_t i = 0; i < room; ++i) EXPECT_EQ(std::get<model::DeleteService>(director.executed[i]).key.fwmark, i + 1);
    }
}

TEST(ExecuteList, AListThatFitsIsOneAttempt) {
    SmallDirector director(1000);
    (void)execute_list(director, numbered(1000));
    EXPECT_EQ(director.attempts, 1);
}

TEST(ExecuteList, ARefusalTakesTwoAttemptsForEachPowerOfTwo) {
    SmallDirector director(777);
    (void)execute_list(director, numbered(1024));
    EXPECT_LE(director.attempts, 2 * 10 + 1);
}

TEST(ExecuteList, AnOrdinaryRefusalIsNotTriedAgain) {
    FakeDirector director;
    director.refusal = Execution{1, ESRCH};
    EXPECT_EQ(execute_list(director, numbered(3)), (Execution{1, ESRCH}));
    EXPECT_EQ(director.executed.size(), 1);
}

}  // namespace
}  // namespace lvx::api

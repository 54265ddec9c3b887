#include "daemon/event_desk.hh"

#include <gtest/gtest.h>

namespace lvx::daemon {
namespace {

TEST(EventDesk, an_event_is_logged_once_and_kept) {
    log::Log log(log::Sink::stream, log::Level::info);
    EventDesk desk(log);
    testing::internal::CaptureStderr();
    desk.tell(model::event(model::EventKind::bfd_up, {"b1", "10.0.0.2"}));
    const std::string line = testing::internal::GetCapturedStderr();
    EXPECT_NE(line.find("notice  BFD_Instance(b1) Entering Up state  event=bfd_up session=b1 neighbour=10.0.0.2\n"), line.npos) << line;
    EXPECT_EQ(desk.ring().last(), 1U);
    EXPECT_EQ(desk.ring().page(0, 1).events.at(0).event.kind, model::EventKind::bfd_up);
}

}  // namespace
}  // namespace lvx::daemon

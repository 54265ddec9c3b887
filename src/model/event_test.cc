#include "model/event.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "base/text.hh"
#include "model/event_ring.hh"

namespace lvx::model {
namespace {

using testing::ElementsAre;
using std::chrono::system_clock;

Event removed(const std::string& server) { return event(EventKind::server_removed, {server, "[10.0.0.1]:tcp:80", "refused"}); }

TEST(Event, every_phrase_names_only_fields_that_the_event_has) {
    for (const EventForm& form : event_forms()) {
        const auto fields = split_words(form.fields);
        EXPECT_FALSE(fields.empty()) << form.name;
        const Event sample{*event_kind(form.name), std::vector<std::string>(fields.size(), "v")};
        const std::string text = text_of(sample);
        EXPECT_EQ(text.find_first_of("{}"), text.npos) << text;
    }
}

TEST(Event, names_are_unique_and_found_again) {
    std::set<std::string_view> names;
    for (const EventForm& form : event_forms()) EXPECT_TRUE(names.insert(form.name).second) << form.name;
    EXPECT_EQ(event_kind("bfd_up"), EventKind::bfd_up);
    EXPECT_EQ(event_kind("bfd_u"), std::nullopt);
}

TEST(Event, its_text_is_what_keepalived_would_have_logged) {
    EXPECT_EQ(text_of(removed("[10.0.0.2]:tcp:80")), "Removing service [10.0.0.2]:tcp:80 from VS [10.0.0.1]:tcp:80");
    EXPECT_EQ(text_of(event(EventKind::vrrp_master, {"VI_1", "100", "timer"})), "(VI_1) Entering MASTER STATE");
}

TEST(Event, bytes_of_strangers_do_not_steer_a_terminal) {
    EXPECT_EQ(text_of(event(EventKind::track_file_changed, {"a\033[2Jb", "1"})), "track file a?[2Jb is now 1");
}

TEST(EventDeathTest, a_missing_value_is_a_defect) {
    EXPECT_DEATH((void)event(EventKind::vrrp_master, {"VI_1"}), "does not hold");
}

TEST(EventRing, tells_what_came_after_a_sequence_number) {
    EventRing ring(8);
    for (const char* name : {"a", "b", "c"}) ring.add(removed(name), system_clock::time_point());
    const EventPage page = ring.page(1, 10);
    ASSERT_EQ(page.events.size(), 2U);
    EXPECT_EQ(page.events[0].event, removed("b"));
    EXPECT_EQ(page.last, 3U);
    EXPECT_EQ(page.missed, 0U);
    EXPECT_TRUE(ring.page(3, 10).events.empty());
}

TEST(EventRing, a_page_ends_at_its_limit_and_says_where_to_go_on) {
    EventRing ring(8);
    for (const char* name : {"a", "b", "c"}) ring.add(removed(name), system_clock::time_point());
    const EventPage page = ring.page(0, 2);
    EXPECT_EQ(page.events.size(), 2U);
    EXPECT_EQ(page.last, 2U);
}

TEST(EventRing, says_how_many_a_late_reader_missed) {
    EventRing ring(2);
    for (const char* name : {"a", "b", "c", "d"}) ring.add(removed(name), system_clock::time_point());
    const EventPage page = ring.page(1, 10);
    ASSERT_EQ(page.events.size(), 2U);
    EXPECT_EQ(page.events[0].sequence, 3U);
    EXPECT_EQ(page.missed, 1U);
    EXPECT_EQ(ring.dropped(), 2U);
    EXPECT_EQ(ring.counts()[static_cast<std::size_t>(EventKind::server_removed)], 4U);
}

TEST(EventRing, a_number_of_an_earlier_daemon_starts_from_the_beginning) {
    EventRing ring(2);
    ring.add(removed("a"), system_clock::time_point());
    EXPECT_EQ(ring.page(900, 10).events.size(), 1U);
}

}  // namespace
}  // namespace lvx::model

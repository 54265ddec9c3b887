#include "health/file_values.hh"

#include <gtest/gtest.h>

namespace lvx::health {
namespace {

TEST(FileValues, a_file_is_the_number_it_begins_with) {
    EXPECT_EQ(file_value("12\n"), 12);
    EXPECT_EQ(file_value(" -3 \nmore"), -3);
    EXPECT_EQ(file_value("+7"), 7);
    EXPECT_EQ(file_value(""), 0);
    EXPECT_EQ(file_value("down"), 0);
    EXPECT_EQ(read_file_value("/nonexistent/file"), 0);
}

TEST(FileValues, weight_0_makes_any_value_a_failure) {
    EXPECT_FALSE(file_result(0, 0, false).failed);
    EXPECT_TRUE(file_result(1, 0, false).failed);
    EXPECT_TRUE(file_result(0, 0, true).failed);
    EXPECT_FALSE(file_result(1, 0, true).failed);
}

TEST(FileValues, value_times_weight_is_added_and_far_below_is_a_failure) {
    EXPECT_EQ(file_result(3, 2, false), (FileResult{.added = 6}));
    EXPECT_EQ(file_result(3, 2, true), (FileResult{.added = -6}));
    EXPECT_TRUE(file_result(-2147483648LL, 1, false).failed);
    EXPECT_EQ(file_result(-2147483647LL, 1, false), (FileResult{.added = -2147483647LL}));
    EXPECT_EQ(file_result(1LL << 62, 1000, false), (FileResult{.added = 2147483647}));
}

TEST(FileValues, a_maintenance_file_names_a_host_with_or_without_port) {
    EXPECT_EQ(maintenance_host("web2"), (HostPort{"web2", 0}));
    EXPECT_EQ(maintenance_host("web2.example.net:8080"), (HostPort{"web2.example.net", 8080}));
    for (const char* name : {"", ".", "..", ".web2.swp", "web2~", "-web2", "web2.", "web2:", "web2:x", "web2:80:80", "web 2", "10.0.0.2", "10.0.0.2:80", "2001:db8::1"})
        EXPECT_EQ(maintenance_host(name), std::nullopt) << name;
    EXPECT_TRUE(maintenance_host(std::string(63, 'a')));
    EXPECT_FALSE(maintenance_host(std::string(64, 'a')));
}

TEST(FileValues, a_maintenance_file_names_an_address_with_or_without_port) {
    EXPECT_EQ(maintenance_name("10.0.0.2"), (Endpoint{Address::v4(0x0a000002), 0}));
    EXPECT_EQ(maintenance_name("10.0.0.2:80"), (Endpoint{Address::v4(0x0a000002), 80}));
    EXPECT_EQ(maintenance_name("2001:db8::1"), (Endpoint{*Address::parse("2001:db8::1"), 0}));
    EXPECT_EQ(maintenance_name("[2001:db8::1]:80"), (Endpoint{*Address::parse("2001:db8::1"), 80}));
    for (const char* name : {"", ".", "..", "10.0.0.2:", "10.0.0.2:x", "server2", "10.0.0.2:99999"}) EXPECT_EQ(maintenance_name(name), std::nullopt) << name;
}

}  // namespace
}  // namespace lvx::health

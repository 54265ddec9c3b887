#include "script/rules.hh"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "script/program.hh"

namespace lvx::script {
namespace {

constexpr mode_t folder = S_IFDIR | 0755, file = S_IFREG | 0755;

std::optional<Credentials> somebody(const std::string& name) {
    if (name == "root") return Credentials{};
    if (name == "alice") return Credentials{.user = 1000, .group = 1000, .groups = {1000, 27}};
    return std::nullopt;
}
std::optional<Credentials> somebody_or_keepalived(const std::string& name) {
    if (name == default_user) return Credentials{.user = 999, .group = 998};
    return somebody(name);
}
std::optional<gid_t> some_group(const std::string& name) { return name == "staff" ? std::optional<gid_t>(50) : std::nullopt; }

constexpr Directory plain{somebody, some_group}, with_default_user{somebody_or_keepalived, some_group};

TEST(Rules, a_script_runs_as_the_user_it_names) {
    const auto who = credentials_of({.user = "alice"}, {.user = "root"}, plain);
    ASSERT_TRUE(who);
    EXPECT_EQ(*who, (Credentials{1000, 1000, {1000, 27}}));
    EXPECT_EQ(credentials_of({.user = "alice", .group = "staff"}, {}, plain)->group, 50U);
}

TEST(Rules, else_as_script_user) {
    EXPECT_EQ(credentials_of({}, {.user = "alice", .group = "staff"}, with_default_user)->group, 50U);
}

TEST(Rules, else_as_keepalived_script_where_that_exists_and_as_root_where_not) {
    EXPECT_EQ(credentials_of({}, {}, with_default_user)->user, 999U);
    EXPECT_EQ(credentials_of({}, {}, plain)->user, 0U);
}

TEST(Rules, under_security_nothing_falls_back_to_root) {
    const auto refused = credentials_of({}, {.security = true}, plain);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, EPERM);
    EXPECT_TRUE(credentials_of({.user = "root"}, {.security = true}, plain));
    EXPECT_TRUE(credentials_of({}, {.security = true}, with_default_user));
}

TEST(Rules, unknown_users_and_groups_are_refused) {
    EXPECT_FALSE(credentials_of({.user = "nobody-here"}, {}, plain));
    EXPECT_FALSE(credentials_of({.user = "alice", .group = "no-group"}, {}, plain));
}

struct Case {
    const char* name;
    PathComponent component;
    bool insecure;
};

class Components : public testing::TestWithParam<Case> {};

TEST_P(Components, are_insecure_when_others_can_change_them) {
    const std::vector<PathComponent> path{{"/", folder, 0, 0}, GetParam().component, {"/opt/x/script", file, 0, 0}};
    EXPECT_EQ(insecure_component(path).has_value(), GetParam().insecure);
    EXPECT_EQ(permitted({}, {.security = true}, path).has_value(), !GetParam().insecure);
    EXPECT_TRUE(permitted({}, {.security = false}, path));
    EXPECT_TRUE(permitted({.user = 1000}, {.security = true}, path));
}

INSTANTIATE_TEST_SUITE_P(Rules, Components, testing::Values(
    Case{"roots_folder", {"/opt/x", folder, 0, 0}, false},
    Case{"another_owner_who_may_write", {"/opt/x", folder, 1000, 0}, true},
    Case{"another_owner_who_may_only_read", {"/opt/x", S_IFDIR | 0555, 1000, 0}, false},
    Case{"a_group_that_may_write", {"/opt/x", S_IFDIR | 0775, 0, 50}, true},
    Case{"roots_group_that_may_write", {"/opt/x", S_IFDIR | 0775, 0, 0}, false},
    Case{"everybody_may_write", {"/opt/x", S_IFDIR | 0757, 0, 0}, true},
    Case{"a_sticky_folder_of_everybody", {"/tmp", S_IFDIR | 01777, 0, 0}, true},
    Case{"roots_link", {"/opt/x", S_IFLNK | 0777, 0, 0}, false},
    Case{"somebodys_link", {"/opt/x", S_IFLNK | 0777, 1000, 0}, true}),
    [](const auto& info) { return info.param.name; });

TEST(Components, of_a_path_follow_links_and_begin_at_the_root) {
    char pattern[] = "/tmp/lvx-rules-XXXXXX";
    const std::string base = ::mkdtemp(pattern);
    ASSERT_EQ(::mkdir((base + "/real").c_str(), 0700), 0);
    ASSERT_EQ(::symlink("/bin/sh", (base + "/real/script").c_str()), 0);
    ASSERT_EQ(::symlink("./x/../real", (base + "/link").c_str()), 0);
    ASSERT_EQ(::mkdir((base + "/x").c_str(), 0700), 0);
    const auto components = components_of(base + "/link/script");
    ASSERT_TRUE(components) << components.error().sentence();
    std::vector<std::string> paths;
    for (const PathComponent& each : *components) paths.push_back(each.path);
    const std::vector<std::string> begin{"/", "/tmp", base, base + "/link", base + "/x", base + "/real", base + "/real/script"};
    ASSERT_GT(paths.size(), begin.size());
    EXPECT_EQ(std::vector<std::string>(paths.begin(), paths.begin() + static_cast<std::ptrdiff_t>(begin.size())), begin);
    EXPECT_TRUE(S_ISREG(components->back().mode));
    for (const char* each : {"/real/script", "/link"}) ::unlink((base + each).c_str());
    for (const char* each : {"/real", "/x", ""}) ::rmdir((base + each).c_str());
}

TEST(Components, a_circle_of_links_ends) {
    char pattern[] = "/tmp/lvx-rules-XXXXXX";
    const std::string base = ::mkdtemp(pattern);
    ASSERT_EQ(::symlink("b", (base + "/a").c_str()), 0);
    ASSERT_EQ(::symlink("a", (base + "/b").c_str()), 0);
    EXPECT_EQ(components_of(base + "/a").error().code, ELOOP);
    for (const char* each : {"/a", "/b"}) ::unlink((base + each).c_str());
    ::rmdir(base.c_str());
}

TEST(Programs, a_relative_path_is_refused) {
    EXPECT_EQ(find_program("./x", usual_path).error().code, EINVAL);
    EXPECT_EQ(find_program("/x/y", usual_path), "/x/y");
    EXPECT_EQ(find_program("sh", "/nowhere:/bin"), "/bin/sh");
}

}  // namespace
}  // namespace lvx::script

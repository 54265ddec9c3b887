// Resource scripts of heartbeat sites: in order, in reverse order before the address goes, and named when they fail.
#include <gmock/gmock.h>

#include <filesystem>

#include "segment.hh"

namespace lvx::vrrp {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

// Each call leaves a line "NAME ACTION" with "held" or "gone" for the address, but for status.
class Scripts {
 public:
    explicit Scripts(const std::string& directory) : path_(directory + "/resource"), log_(directory + "/log") {
        std::ofstream(path_) << fmt::format(R"(#!/bin/sh
if [ $2 = status ]; then [ -e {0}.$1 ] && echo running || echo stopped; exit 0; fi
held=gone; ip -br addr | grep -q 10.9.0.100/ && held=held
[ $1 = broken ] && {{ echo "$1 $2 $held" >> {0}; exit 3; }}
if [ $2 = start ]; then touch {0}.$1; else rm -f {0}.$1; fi
echo "$1 $2 $held" >> {0}
)", log_);
        std::filesystem::permissions(path_, std::filesystem::perms::owner_all);
    }
    [[nodiscard]] model::Command command(const std::string& name) const { return {.words = {path_, name}}; }
    [[nodiscard]] std::vector<std::string> calls() const {
        std::vector<std::string> lines;
        std::ifstream file(log_);
        for (std::string line; std::getline(file, line);) lines.push_back(line);
        return lines;
    }
    void kill(const std::string& name) const { std::filesystem::remove(log_ + "." + name); }

 private:
    std::string path_, log_;
};

model::VrrpInstance instance(std::uint8_t priority) {
    return {.name = "VI", .interface = "eth0", .vrid = 51, .priority = priority, .version = 3, .advert_interval = steady,
            .addresses = {{.address = *Address::parse("10.9.0.100"), .prefix_length = 24}}};
}

lab::Lab segment() { return must(lab::Lab::build(lab::Lab::unique_name("vrrpre"), segment_topology())); }

TEST(ResourceScripts, StartInOrderAndStopInReverseOrderBeforeTheAddressGoes) {
    const lab::Lab lab = segment();
    const Scripts scripts(lab.directory());
    model::VrrpInstance ours = instance(200);
    ours.resources.scripts = {scripts.command("disk"), scripts.command("web")};
    Router1 left(lab, "left", {.instances = {ours}});
    ASSERT_TRUE(left.await("VI", State::master));
    Router1 right(lab, "right", {.instances = {instance(100)}});
    ASSERT_TRUE(lab::wait_until(patience, [&] { return scripts.calls().size() == 2; })) << left.log();
    EXPECT_THAT(scripts.calls(), ElementsAre("disk start held", "web start held"));
    left.thread->post(Failover{"VI", "root"});
    ASSERT_TRUE(right.await("VI", State::master));
    EXPECT_THAT(scripts.calls(), ElementsAre("disk start held", "web start held", "web stop held", "disk stop held"));
    right.thread->stop();
    ASSERT_TRUE(lab::wait_until(patience, [&] { return scripts.calls().size() == 6; }));
    left.thread->stop();
    EXPECT_THAT(scripts.calls().back(), "disk stop held") << "the end of the daemon is orderly, too";
    EXPECT_EQ(scripts.calls().size(), 8u);
}

TEST(ResourceScripts, ThatFailAreNamedAndDoNotHoldUpTheOthers) {
    const lab::Lab lab = segment();
    const Scripts scripts(lab.directory());
    model::VrrpInstance ours = instance(200);
    ours.resources = {.scripts = {scripts.command("broken"), scripts.command("web")}, .timeout = 20s, .interval = 200ms};
    Router1 left(lab, "left", {.instances = {ours}});
    ASSERT_TRUE(lab::wait_until(patience, [&] { return scripts.calls().size() == 2; }));
    EXPECT_TRUE(lab::wait_until(patience, [&] { return left.log().contains("broken start failed: exit status 3"); })) << left.log();
    scripts.kill("web");
    EXPECT_TRUE(lab::wait_until(patience, [&] { return left.log().contains("web status failed: it runs no more"); })) << left.log();
    EXPECT_FALSE(left.log().contains("broken status")) << "it never ran";
    EXPECT_EQ(left.instance("VI")->state, State::master);
}

TEST(ResourceScripts, DoNotKeepTheAddressWhenItsInterfaceFails) {
    const lab::Lab lab = segment();
    const Scripts scripts(lab.directory());
    model::VrrpInstance ours = instance(200);
    ours.resources.scripts = {scripts.command("web")};
    Router1 left(lab, "left", {.instances = {ours}});
    ASSERT_TRUE(lab::wait_until(patience, [&] { return scripts.calls().size() == 1; }));
    (void)must(lab.run("left", lab::shell("ip link set eth0 down"), patience));
    ASSERT_TRUE(lab::wait_until(patience, [&] { return scripts.calls().size() == 2; }));
    EXPECT_THAT(scripts.calls().back(), HasSubstr("web stop"));
    EXPECT_EQ(left.instance("VI")->state, State::fault);
}

}  // namespace
}  // namespace lvx::vrrp

// The examples of lvxd(8) are command lines that it takes.
#include <gtest/gtest.h>

#include "config/test_manual.hh"
#include "daemon/options.hh"

namespace lvx::daemon {
namespace {

TEST(Examples, OfLvxdAreTaken) {
    const auto lines = config::manual_commands(LVX_SOURCE_DIR "/docs/man/lvxd.8", "lvxd");
    EXPECT_GE(lines.size(), 3u);
    for (const auto& words : lines) {
        const auto options = parse_options(std::span(words).subspan(1));
        EXPECT_TRUE(options) << options.error();
    }
}

}  // namespace
}  // namespace lvx::daemon

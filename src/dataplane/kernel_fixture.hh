// A network namespace and a mount namespace of the test program's own, with a veth pair and a bpffs in it.  For tests
// with the label `kernel`: they need root and change nothing of the host.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "dataplane/dataplane.hh"

namespace lvx::dataplane::testing {

class KernelTest : public ::testing::Test {
 protected:
    // Enters the namespaces once for the whole program.
    static void SetUpTestSuite();
    void SetUp() override;
    void TearDown() override;

    [[nodiscard]] Options options() const;
    [[nodiscard]] std::unique_ptr<Dataplane> opened() const;
    [[nodiscard]] std::string directory() const { return "/run/lvx-dataplane-test/bpf/main"; }
};

// Makes the veth pair "left" and "right", both up.
void make_pair();

// Runs a command of words without quotes; fails the test when it fails.
void run(const std::string& command);
std::string output_of(const std::string& command);

net::InterfaceChoice choice(const std::string& name, net::Hook hook);

}  // namespace lvx::dataplane::testing

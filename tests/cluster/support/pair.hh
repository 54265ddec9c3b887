// Two directors with one virtual address, in namespaces of their own: what becomes of connections when one of them dies.
//
//   client 192.168.88.21 ──┬── .41 director1 10.0.0.11 ──┬── server1  10.0.0.2
//                          │        │ 10.9.0.1           ├── server2  10.0.0.3
//                          │        │ 10.9.0.2           │
//                          └── .42 director2 10.0.0.12 ──┘
//
// 192.168.88.23 is the virtual service, 10.0.0.1 the servers' gateway; both are VRRP's and move together.  Servers echo.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "api/sync_client.hh"
#include "lab/held.hh"
#include "support/cluster.hh"

namespace lvx::cluster {

// What the configurations of a pair say beside routers and service; each text goes into both files.
struct PairDescription {
    bool stream = true;        // director_sync, with the shared key
    std::string stream_extra;  // lines of that block
    std::string globals;       // lines of global_defs
    std::string extra;         // blocks
    std::string service;       // lines of the virtual_server
    std::string server = {};   // of each of its real_servers
};

class Pair {
 public:
    Pair() : Pair(PairDescription{}) {}
    explicit Pair(PairDescription description);

    [[nodiscard]] static Port echo_port();
    [[nodiscard]] lab::Director& director(int number) { return *directors_[number - 1]; }
    [[nodiscard]] const lab::Lab& lab() const { return lab_; }
    // keepalived.conf of director 1 or 2, with the shared key in that file.
    [[nodiscard]] std::string configuration(const std::string& key_file, int number) const;

    [[nodiscard]] api::SyncSnapshot sync(int number);
    [[nodiscard]] bool await_master(int number);
    // It is master of nothing and knows all the other knows; both ways.
    [[nodiscard]] bool await_in_step(int number);
    [[nodiscard]] lab::HeldConnections hold(std::size_t count);
    // As a shell command in the director's namespace; false when it fails.
    [[nodiscard]] bool run(int number, std::string_view words);

 private:
    [[nodiscard]] Result<lab::Process> echo(const char* node);
    [[nodiscard]] bool holds_address(int number);

    PairDescription description_;
    lab::Lab lab_;
    std::string key_;
    std::vector<lab::Process> echoes_;
    std::unique_ptr<lab::Director> directors_[2];
};

}  // namespace lvx::cluster

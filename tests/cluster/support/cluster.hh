// What cluster tests stand on: the classic laboratory with nginx behind, lvxd in the middle and room for clients, built
// from a description and taken down with the object.  Refusals of the machine end the test with their sentence.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "api/client.hh"
#include "api/snapshot.hh"
#include "lab/classic.hh"
#include "lab/director.hh"
#include "lab/lab.hh"
#include "model/model.hh"

namespace lvx::cluster {

using lab::Milliseconds;
using lab::Outcome;

inline constexpr Milliseconds patience{20'000};

// The value, or the test ends here as failed: for what must succeed before anything can be tested.
template <class T>
T must(Result<T> result) {
    if (!result) throw std::runtime_error(result.error().sentence());
    if constexpr (!std::is_void_v<T>) return std::move(result).value();
}

struct Real {
    std::string node;
    std::uint32_t weight = 1;
};

// A TCP or UDP service over the laboratory's servers, on the same port as theirs.
struct ServiceOn {
    Address address = lab::classic::virtual_v4();
    Port port = 80;
    model::Protocol protocol = model::Protocol::tcp;
    std::string scheduler = "rr";
    std::vector<Real> servers = {{"server1"}, {"server2"}, {"server3"}};
};

[[nodiscard]] model::Service service(const ServiceOn& description);
// keepalived.conf of these services.
[[nodiscard]] std::string configuration(const std::vector<ServiceOn>& services);

struct Description {
    std::string hook = "auto";
    std::vector<ServiceOn> services = {ServiceOn{}};
    lab::Topology topology = {};  // empty: the classic one
    std::vector<std::string> arguments;
};

// Off for XDP, on for tc: see lab::Offload.
[[nodiscard]] lab::Offload offload_for(std::string_view hook);

class Cluster {
 public:
    explicit Cluster(const Description& description);

    [[nodiscard]] const lab::Lab& lab() const { return lab_; }
    [[nodiscard]] lab::Director& director() { return *director_; }
    [[nodiscard]] int ns(std::string_view node) const { return lab_.namespace_of(node); }

    // nginx with one page, the node's name, on port 80 of both families.
    void serve(const std::string& node);
    void serve_all();
    void stop_serving(const std::string& node);
    // SIGSTOP and SIGCONT: its kernel goes on taking connections.
    void freeze(const std::string& node);
    void thaw(const std::string& node);
    // Every page is 503, or no longer.
    void make_busy(const std::string& node);
    void make_idle(const std::string& node);
    // For the next test on the same laboratory: nginx runs and answers on every server, no nft rules are left there, all
    // counters are 0, and the configuration is the one of the beginning.
    void mend();

    // The words as a shell command in a node.
    [[nodiscard]] Outcome run(std::string_view node, std::string_view words);
    [[nodiscard]] Outcome run(std::string_view node, std::string_view words, Milliseconds limit);
    // What `curl` prints for a page, without the newline; "" when it fails.
    [[nodiscard]] std::string curl(const Endpoint& service);
    std::vector<std::string> curl_many(const Endpoint& service, int count);

    [[nodiscard]] api::StatusSnapshot status() const;
    [[nodiscard]] api::ServicesSnapshot services() const;
    // Packets per verdict, all interfaces together.
    [[nodiscard]] std::map<std::string, std::uint64_t> verdicts() const;
    [[nodiscard]] api::Client client() const;
    void reload(const std::string& configuration);

    // Waits until the director knows where `count` servers are.
    void await_neighbours(std::size_t count);

 private:
    void write_page(const std::string& node);

    lab::Lab lab_;
    std::string first_configuration_;
    std::unique_ptr<lab::Director> director_;
    std::map<std::string, lab::Process, std::less<>> nginx_;
};

// 192.168.88.23:80, [fd88::23]:80.
[[nodiscard]] Endpoint web_v4();
[[nodiscard]] Endpoint web_v6();

[[nodiscard]] std::map<std::string, int> counted(const std::vector<std::string>& pages);

}  // namespace lvx::cluster

// The laboratory's small web: a server that answers every GET with one page (and "/generated/N" with N bytes that
// anybody can compute), an UDP echo, and a client.  Sockets belong to the namespace they are opened in.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <utility>

#include "base/address.hh"
#include "base/fd.hh"
#include "base/result.hh"
#include "lab/process.hh"

namespace lvx::lab {

struct Site {
    Port port = 80;
    std::string page;  // of "/" and "/index.html"
};

// Both are opened by the caller, in the right namespace, so that a busy port is known at once.
[[nodiscard]] Result<Fd> listen_on(Port port);
[[nodiscard]] Result<Fd> receive_on(Port port);

// One thread, epoll, until the process is killed; returns only when the machine refuses.
[[nodiscard]] int serve_site(int listener, const Site& site);
[[nodiscard]] int serve_echo(int socket);

// Bytes [offset, offset + out.size()) of the endless file that "/generated/N" is the beginning of; offset is a
// multiple of 8.  No two of its words are the same, so a lost, doubled or moved block cannot go unnoticed.
void generated_bytes(std::uint64_t offset, std::span<std::uint8_t> out);

struct Page {
    int status = 0;
    std::string body;
};

// A connection that stays open between requests, as a browser's does.
class WebConnection {
 public:
    static Result<WebConnection> open(int network_namespace, const Endpoint& server, Milliseconds limit);
    [[nodiscard]] Result<Page> get(const std::string& path, Milliseconds limit);

 private:
    WebConnection(Fd socket, const Endpoint& server) : socket_(std::move(socket)), server_(server) {}
    Fd socket_;
    Endpoint server_;
};

// One datagram there and one back.
[[nodiscard]] Result<std::string> exchange(int network_namespace, const Endpoint& server, const std::string& datagram,
                                           Milliseconds limit);

// GET on a connection of its own, with `limit` for all of it.
[[nodiscard]] Result<Page> get(int network_namespace, const Endpoint& server, const std::string& path, Milliseconds limit);

}  // namespace lvx::lab

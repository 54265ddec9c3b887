// How checks get to go through a virtual service (check_through): from a network namespace whose packets the data plane
// meets like a client's, on a connection that the data plane is told of before the first packet.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/address.hh"
#include "base/result.hh"
#include "model/model.hh"

namespace lvx::health {

// One check's connection.
struct CheckPassage {
    model::ServiceKey service;
    Endpoint server;       // checked
    Endpoint client;       // the check's own address and port
    Endpoint destination;  // the virtual address, and a port of it
};

// Called from the health thread; descriptor and functions outlive it.
struct Door {
    int network_namespace = -1;  // -1: there is none, `closed` says why
    std::string closed;
    std::optional<Address> client4, client6;
    // Neither waits for a change of the configuration that is under way: EBUSY, or false, and the worker comes back soon.
    std::function<Result<void>(const CheckPassage&)> begin;
    std::function<bool(const CheckPassage&)> end;
};

}  // namespace lvx::health

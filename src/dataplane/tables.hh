// The pinned maps, mapped into our memory: every table is a span, read and written without a system call.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "abi/connection.h"
#include "abi/counter.h"
#include "abi/filter.h"
#include "abi/guard.h"
#include "abi/handshake.h"
#include "abi/interface.h"
#include "abi/root.h"
#include "abi/server.h"
#include "abi/service.h"
#include "base/fd.hh"
#include "base/result.hh"
#include "bpf/table/storage.h"

namespace lvx::dataplane {

// Every map by its name in bpf/maps.h: X(name, type of an element).  root is last, because its pin says that all
// others are complete; service_ids and held_answers are no arrays and stand apart.
#define SHARED_ARRAYS(X)                       \
    X(connection_tags, abi::tag_line)          \
    X(connections, abi::connection)            \
    X(change_marks, abi::mark_line)            \
    X(change_lines, abi::mark_line)            \
    X(services, abi::service)                  \
    X(servers, abi::server)                    \
    X(server_loads, abi::server_load)          \
    X(pool, abi::pool_line)                    \
    X(schedule_cursors, abi::schedule_cursor)  \
    X(nexthops, abi::nexthop)                  \
    X(interfaces, abi::interface)              \
    X(address_filter, abi::filter_line)        \
    X(handshakes, abi::handshake)              \
    X(server_delays, abi::server_delay)        \
    X(guarded, abi::guarded_address)           \
    X(verdict_counters, abi::verdict_counter)  \
    X(service_counters, abi::traffic_counter)  \
    X(server_counters, abi::traffic_counter)   \
    X(root, abi::root)

// Owns a mapping of an array map.
class Mapping {
 public:
    Mapping() = default;
    Mapping(Mapping&& other) noexcept;
    Mapping& operator=(Mapping&& other) noexcept;
    ~Mapping();
    // `fd`: of an array map with BPF_F_MMAPABLE.  EINVAL: another kind of map or another size of element.
    static Result<Mapping> of(const Fd& fd, const std::string& name, std::size_t element_bytes);

    [[nodiscard]] void* start() const { return start_; }
    [[nodiscard]] std::size_t elements() const { return elements_; }

 private:
    void* start_ = nullptr;
    std::size_t bytes_ = 0, elements_ = 0;
};

template <class T>
struct SharedArray {
    Fd fd;
    Mapping mapping;

    [[nodiscard]] std::span<T> all() const { return {static_cast<T*>(mapping.start()), mapping.elements()}; }
    [[nodiscard]] T& operator[](std::size_t index) const { return all()[index]; }
};

struct Tables {
#define X(name, type) SharedArray<type> name;
    SHARED_ARRAYS(X)
#undef X
    Fd service_ids, held_answers;

    [[nodiscard]] abi::root& header() const { return root[0]; }
    // Row of a table that has one half for each configuration set.
    [[nodiscard]] std::span<abi::service> services_of(std::uint32_t set) const;
    [[nodiscard]] std::span<abi::server> servers_of(std::uint32_t set) const;
    [[nodiscard]] std::span<std::uint32_t> pool_of(std::uint32_t set) const;
    [[nodiscard]] std::uint32_t active_set() const { return __atomic_load_n(&header().active_set, __ATOMIC_ACQUIRE); }
};

// The connection table over these maps, for the functions of bpf/table.
[[nodiscard]] table::table connection_table(const Tables& tables);

// Maps every fd of `tables` into memory.
[[nodiscard]] Result<void> map_all(Tables& tables);

}  // namespace lvx::dataplane

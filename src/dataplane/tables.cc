#include "dataplane/tables.hh"

#include <bpf/bpf.h>
#include <fmt/format.h>
#include <sys/mman.h>

#include <cerrno>
#include <utility>

namespace lvx::dataplane {

Mapping::Mapping(Mapping&& other) noexcept
    : start_(std::exchange(other.start_, nullptr)), bytes_(other.bytes_), elements_(other.elements_) {}

Mapping& Mapping::operator=(Mapping&& other) noexcept {
    std::swap(start_, other.start_);
    std::swap(bytes_, other.bytes_);
    std::swap(elements_, other.elements_);
    return *this;
}

Mapping::~Mapping() {
    if (start_) munmap(start_, bytes_);
}

Result<Mapping> Mapping::of(const Fd& fd, const std::string& name, std::size_t element_bytes) {
    bpf_map_info info = {};
    __u32 length = sizeof info;
    if (const int error = bpf_obj_get_info_by_fd(fd.get(), &info, &length))
        return refusal(fmt::format("cannot read what kind of map {} is", name), -error);
    if (info.type != BPF_MAP_TYPE_ARRAY || info.value_size != element_bytes || !(info.map_flags & BPF_F_MMAPABLE))
        return refusal(fmt::format("cannot use map {}: not of our making", name), EINVAL);
    Mapping mapping;
    mapping.elements_ = info.max_entries;
    mapping.bytes_ = element_bytes * info.max_entries;
    void* start = mmap(nullptr, mapping.bytes_, PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
    if (start == MAP_FAILED) return refusal(fmt::format("cannot map {} into memory", name), errno);
    mapping.start_ = start;
    return mapping;
}

std::span<abi::service> Tables::services_of(std::uint32_t set) const {
    return services.all().subspan(std::size_t{set} * header().max_services, header().max_services);
}

std::span<abi::server> Tables::servers_of(std::uint32_t set) const {
    return servers.all().subspan(std::size_t{set} * header().max_servers, header().max_servers);
}

std::span<std::uint32_t> Tables::pool_of(std::uint32_t set) const {
    return {pool[0].words + std::size_t{set} * header().pool_words, header().pool_words};
}

table::table connection_table(const Tables& tables) {
    const abi::root& root = tables.header();
    return {.tags = tables.connection_tags.all().data(),
            .slots = tables.connections.all().data(),
            .services = tables.services.all().data(),
            .servers = tables.servers.all().data(),
            .loads = tables.server_loads.all().data(),
            .marks = tables.change_marks.all().data(),
            .mark_lines = tables.change_lines.all().data(),
            .listener = &root.change_feed,
            .seed = {root.seed[0], root.seed[1]},
            .buckets = root.buckets,
            .max_services = root.max_services,
            .max_servers = root.max_servers};
}

Result<void> map_all(Tables& tables) {
#define X(name, type) tables.name.mapping = TRY(Mapping::of(tables.name.fd, #name, sizeof(type)));
    SHARED_ARRAYS(X)
#undef X
    return {};
}

}  // namespace lvx::dataplane

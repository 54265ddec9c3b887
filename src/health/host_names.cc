#include "health/host_names.hh"

#include <netdb.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <map>
#include <mutex>
#include <thread>

#include "base/fd.hh"
#include "base/socket_address.hh"

namespace lvx::health {
namespace {

using Clock = std::chrono::steady_clock;

struct Known {
    std::set<Address> addresses;
    Clock::time_point due{};  // to be looked up at
};

}  // namespace

struct HostNames::Shared {
    Lookup lookup;
    Fd bell;
    std::mutex lock;
    std::condition_variable wake;
    std::map<std::string, Known> names;
    bool ends = false;
};

HostNames::HostNames(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {}

Result<std::unique_ptr<HostNames>> HostNames::open(Lookup lookup) {
    auto shared = std::make_shared<Shared>();
    shared->lookup = std::move(lookup);
    shared->bell = Fd(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
    if (!shared->bell.valid()) return refusal("cannot make an event descriptor", errno);
    return std::unique_ptr<HostNames>(new HostNames(std::move(shared)));
}

HostNames::~HostNames() {
    const std::scoped_lock hold(shared_->lock);
    shared_->ends = true;
    shared_->wake.notify_one();
}

void HostNames::follow(std::set<std::string> names) {
    const std::scoped_lock hold(shared_->lock);
    std::erase_if(shared_->names, [&names](const auto& each) { return !names.contains(each.first); });
    for (const std::string& name : names)
        if (shared_->names.size() < limit) shared_->names.try_emplace(name);
    left_out_ = names.size() - shared_->names.size();
    if (!started_ && !names.empty()) {
        started_ = true;
        std::thread([shared = shared_] { run(shared); }).detach();
    }
    shared_->wake.notify_one();
}

int HostNames::fd() const { return shared_->bell.get(); }

void HostNames::heard() {
    std::uint64_t rings = 0;
    (void)!::read(shared_->bell.get(), &rings, sizeof rings);
}

std::set<Address> HostNames::addresses_of(const std::string& name) const {
    const std::scoped_lock hold(shared_->lock);
    const auto found = shared_->names.find(name);
    return found == shared_->names.end() ? std::set<Address>() : found->second.addresses;
}

void HostNames::run(const std::shared_ptr<Shared>& shared) {
    pthread_setname_np(pthread_self(), "lvx-names");
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, nullptr);
    std::unique_lock hold(shared->lock);
    while (!shared->ends) {
        const auto next = std::ranges::min_element(shared->names, {}, [](const auto& each) { return each.second.due; });
        if (next == shared->names.end()) {
            shared->wake.wait(hold);
            continue;
        }
        if (const auto due = next->second.due; due > Clock::now()) {
            shared->wake.wait_until(hold, due);
            continue;
        }
        const std::string name = next->first;
        next->second.due = Clock::now() + refresh;
        hold.unlock();
        const auto found = shared->lookup(name);
        hold.lock();
        const auto place = shared->names.find(name);
        if (!found || place == shared->names.end()) continue;
        const std::set<Address> addresses(found->begin(), found->end());
        if (addresses == place->second.addresses) continue;
        place->second.addresses = addresses;
        const std::uint64_t one = 1;
        (void)!::write(shared->bell.get(), &one, sizeof one);
    }
}

std::optional<std::vector<Address>> look_up(const std::string& name) {
    addrinfo wanted{};
    wanted.ai_socktype = SOCK_STREAM;  // each address once
    addrinfo* found = nullptr;
    const int code = ::getaddrinfo(name.c_str(), nullptr, &wanted, &found);
    if (code == EAI_NONAME || code == EAI_NODATA) return std::vector<Address>();
    if (code != 0) return std::nullopt;
    std::vector<Address> addresses;
    for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
        sockaddr_storage storage{};
        std::memcpy(&storage, each->ai_addr, std::min<std::size_t>(each->ai_addrlen, sizeof storage));
        if (storage.ss_family == AF_INET || storage.ss_family == AF_INET6) addresses.push_back(endpoint_of(storage).address);
    }
    ::freeaddrinfo(found);
    return addresses;
}

}  // namespace lvx::health

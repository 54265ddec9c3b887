#include "lab/load.hh"

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

#include "lab/web.hh"

namespace lvx::lab {
namespace {

constexpr std::uint32_t thread_count = 4;
constexpr Milliseconds page_limit{5000};
// Each may take the whole limit of a page: nobody wants to wait for thousands of them.
constexpr std::uint32_t most_failures = 20;

LoadResult fetch_some(int network_namespace, const Endpoint& server, std::atomic<std::int64_t>& left) {
    LoadResult result;
    while (left.fetch_sub(1) > 0) {
        const auto page = get(network_namespace, server, "/", page_limit);
        if (page && page->status == 200) {
            ++result.answers[page->body];
            continue;
        }
        if (result.failures++ == 0) {
            result.first_failure = page ? "status " + std::to_string(page->status) : page.error().sentence();
        }
        if (result.failures == most_failures / thread_count) left = 0;
    }
    return result;
}

void add(LoadResult& sum, const LoadResult& part) {
    for (const auto& [page, count] : part.answers) sum.answers[page] += count;
    sum.failures += part.failures;
    if (sum.first_failure.empty()) sum.first_failure = part.first_failure;
}

}  // namespace

LoadResult fetch_many(int network_namespace, const Endpoint& server, std::uint32_t requests) {
    const auto begin = std::chrono::steady_clock::now();
    std::atomic<std::int64_t> left = requests;
    std::vector<LoadResult> parts(thread_count);
    std::vector<std::thread> threads;
    for (LoadResult& part : parts) {
        threads.emplace_back([&] { part = fetch_some(network_namespace, server, left); });
    }
    for (std::thread& thread : threads) thread.join();
    LoadResult sum;
    for (const LoadResult& part : parts) add(sum, part);
    sum.duration = std::chrono::duration_cast<Milliseconds>(std::chrono::steady_clock::now() - begin);
    return sum;
}

}  // namespace lvx::lab

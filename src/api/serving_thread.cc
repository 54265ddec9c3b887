#include "api/serving_thread.hh"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <future>
#include <thread>

namespace lvx::api {

namespace {

class Served final : public ServingThread {
 public:
    Served() = default;
    Served(const Served&) = delete;
    Served& operator=(const Served&) = delete;
    ~Served() override {
        if (!thread_.joinable()) return;
        on_loop([this] { server_.reset(); });
        guard_.reset();
        thread_.join();
    }

    Result<void> listen(Director& director, const std::string& path, const ServerLimits& limits) {
        server_ = TRY(HttpServer::listen(loop_, director, path, limits));
        thread_ = std::thread([this] { loop_.run(); });
        return {};
    }

    void on_loop(const std::function<void()>& work) override {
        std::packaged_task<void()> task(work);
        auto done = task.get_future();
        boost::asio::post(loop_, std::move(task));
        done.get();
    }

    [[nodiscard]] ServerCounters counters() override {
        ServerCounters result;
        on_loop([&] { result = server_->counters(); });
        return result;
    }

    void news() override { server_->news(); }

    void close() override {
        on_loop([this] { server_->close(); });
    }

 private:
    boost::asio::io_context loop_;
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard_{loop_.get_executor()};
    std::unique_ptr<HttpServer> server_;
    std::thread thread_;
};

}  // namespace

Result<std::unique_ptr<ServingThread>> ServingThread::start(Director& director, const std::string& path, const ServerLimits& limits) {
    auto served = std::make_unique<Served>();
    TRY(served->listen(director, path, limits));
    return served;
}

}  // namespace lvx::api

#include "daemon/delta.hh"

#include <fmt/format.h>

#include "config/ipvsadm/print.hh"
#include "config/keepalived/print.hh"
#include "plan/plan.hh"

namespace lvx::daemon {

namespace {

struct Operations {
    std::vector<model::Operation>& all;

    void operator()(const plan::AddService& step) const { all.push_back(model::AddService{step.service}); }
    void operator()(const plan::RemoveService& step) const { all.push_back(model::DeleteService{step.key}); }
    void operator()(const plan::ChangeService& step) const { all.push_back(model::EditService{step.after}); }
    void operator()(const plan::AddServer& step) const { all.push_back(model::AddServer{step.key, step.server}); }
    void operator()(const plan::RemoveServer& step) const { all.push_back(model::DeleteServer{step.key, step.endpoint}); }
    void operator()(const plan::ChangeServer& step) const { all.push_back(model::EditServer{step.key, step.after}); }
    void operator()(const plan::SetTimeouts& step) const { all.push_back(model::SetTimeouts{step.after}); }
    void operator()(const plan::SetMarks&) const {}  // who carries a mark is nothing that ipvsadm says
};

std::string as_commands(const model::Cluster& files, const model::Cluster& running) {
    std::vector<model::Operation> operations;
    for (const plan::Step& step : plan::diff(files, running)) std::visit(Operations{operations}, step);
    return config::ipvsadm::commands(operations);
}

std::string as_blocks(const model::Cluster& files, const model::Cluster& running) {
    std::string text;
    for (const model::Service& service : files.services)
        if (running.find(service.key) == nullptr) text += fmt::format("# not served: {}\n", service.key.text());
    model::Cluster changed;
    if (running.timeouts != files.timeouts) changed.timeouts = running.timeouts;
    for (const model::Service& service : running.services) {
        const model::Service* configured = files.find(service.key);
        if (configured == nullptr || *configured != service) changed.services.push_back(service);
    }
    return changed == model::Cluster{} ? text : text + config::keepalived::print(changed);
}

}  // namespace

std::string delta_text(const model::Cluster& files, const model::Cluster& running, api::DeltaForm form) {
    return form == api::DeltaForm::ipvsadm ? as_commands(files, running) : as_blocks(files, running);
}

}  // namespace lvx::daemon

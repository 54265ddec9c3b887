#include "daemon/delta.hh"

#include <fmt/format.h>

#include "config/ipvsadm/print.hh"
#include "config/keepalived/print.hh"
#include "plan/plan.hh"

namespace lvx::daemon {

namespace {

struct OperationOf {
    model::Operation operator()(const plan::AddService& step) const { return model::AddService{step.service}; }
    model::Operation operator()(const plan::RemoveService& step) const { return model::DeleteService{step.key}; }
    model::Operation operator()(const plan::ChangeService& step) const { return model::EditService{step.after}; }
    model::Operation operator()(const plan::AddServer& step) const { return model::AddServer{step.key, step.server}; }
    model::Operation operator()(const plan::RemoveServer& step) const { return model::DeleteServer{step.key, step.endpoint}; }
    model::Operation operator()(const plan::ChangeServer& step) const { return model::EditServer{step.key, step.after}; }
    model::Operation operator()(const plan::SetTimeouts& step) const { return model::SetTimeouts{step.after}; }
};

std::string as_commands(const model::Cluster& files, const model::Cluster& running) {
    std::vector<model::Operation> operations;
    for (const plan::Step& step : plan::diff(files, running)) operations.push_back(std::visit(OperationOf{}, step));
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

#include "notify/fifo_desk.hh"

#include <cstring>
#include <span>

#include "base/text.hh"
#include "script/program.hh"

namespace lvx::notify {

void FifoDesk::complain(const std::string& path, const std::string& reason) {
    emit_(model::event(model::EventKind::fifo_lost, {path, reason}));
}

void FifoDesk::configure(const Settings& settings, const script::Rules& rules) {
    rules_ = rules;
    if (runner_) runner_->set_rules(rules);
    const std::array<const model::Fifo*, 3> forms{&settings.all, &settings.vrrp, &settings.lvs};
    for (std::size_t i = 0; i < slots_.size(); ++i)
        if (slots_[i].form != *forms[i]) change(slots_[i], *forms[i]);
}

void FifoDesk::change(Slot& slot, const model::Fifo& form) {
    if (slot.script && runner_) runner_->forget(*slot.script);
    slot.script.reset();
    slot.fifo.reset();
    slot.form = form;
    slot.losing = false;
    if (form.path.empty()) return;
    Result<Fifo> opened = Fifo::open(form, script::system_directory());
    if (!opened) return complain(form.path, opened.error().sentence());
    slot.fifo.emplace(std::move(*opened));
    if (form.script) start_script(slot);
}

void FifoDesk::start_script(Slot& slot) {
    if (!runner_) {
        auto started = script::Runner::start(rules_, {});
        if (!started) return complain(slot.form.path, started.error().sentence());
        runner_ = std::move(*started);
    }
    model::Command command = *slot.form.script;
    command.words.push_back(slot.form.path);  // as keepalived does
    const std::string path = slot.form.path;
    slot.script = runner_->run({.command = command}, [this, path](const script::Outcome& outcome) {
        complain(path, "its script ended: " + outcome.sentence());
    });
}

void FifoDesk::write(const WriteLine& line) {
    Slot& slot = slots_[static_cast<std::size_t>(line.fifo)];
    if (slot.fifo) account(slot, slot.fifo->write(line.line, bound_));
}

// One loss is told; those that follow it are counted until lines get through again.
void FifoDesk::account(Slot& slot, const Fifo::Written& written) {
    counters_.lines += written.lines;
    counters_.lost += written.lost;
    if (written.lines > 0) slot.losing = false;
    if (written.lost == 0 || std::exchange(slot.losing, true)) return;
    complain(slot.form.path, written.refused == EAGAIN ? "nobody reads it" : strerrordesc_np(written.refused));
}

void FifoDesk::add_to(std::vector<pollfd>& waiting) const {
    if (runner_) waiting.push_back({runner_->fd(), POLLIN, 0});
    for (const Slot& slot : slots_)
        if (slot.fifo && slot.fifo->waits()) waiting.push_back({slot.fifo->fd(), POLLOUT, 0});
}

void FifoDesk::step() {
    if (runner_) runner_->step();
    for (Slot& slot : slots_)
        if (slot.fifo && slot.fifo->waits()) account(slot, slot.fifo->flush());
}

}  // namespace lvx::notify

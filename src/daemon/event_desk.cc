#include "daemon/event_desk.hh"

#include "base/text.hh"

namespace lvx::daemon {

void EventDesk::tell(const model::Event& event) {
    const model::EventForm& form = model::form_of(event.kind);
    std::vector<log::Field> fields{{"event", std::string(form.name)}};
    const auto names = split_words(form.fields);
    for (std::size_t i = 0; i < names.size(); ++i) fields.push_back({names[i], event.values[i]});
    log_.write(log::entry_of(static_cast<log::Level>(form.severity), model::text_of(event), fields));
    ring_.add(event, std::chrono::system_clock::now());
}

}  // namespace lvx::daemon

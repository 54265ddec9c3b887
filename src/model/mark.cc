#include "model/mark.hh"

#include "model/model.hh"

namespace lvx::model {

std::string text(const MarkMember& member) {
    std::string packets = std::string(protocol_name(member.protocol)) + " " + Endpoint{member.address, member.first_port}.text();
    if (member.last_port != member.first_port) packets += "-" + std::to_string(member.last_port);
    if (is_any_port(member)) packets = std::string(protocol_name(member.protocol)) + " " + member.address.text() + " any port";
    packets += member.mark == 0 ? " of no mark" : " of mark " + std::to_string(member.mark);
    return member.source.empty() ? packets : packets + " (" + member.source + ")";
}

}  // namespace lvx::model

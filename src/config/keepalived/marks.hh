// fwmark_packets MARK { PROTOCOL ADDRESS [PORT[-PORT]] ... }: which packets carry a firewall mark.
#pragma once

#include "config/keepalived/reading.hh"

namespace lvx::config::keepalived {

void read_fwmark_packets(const Statement& statement, Reading& reading);

}  // namespace lvx::config::keepalived

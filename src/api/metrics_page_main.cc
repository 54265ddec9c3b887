// Prints the metrics page of the sample director, for "promtool check metrics".
#include <cstdio>

#include "api/metrics.hh"
#include "api/sample.hh"

int main() {
    const lvx::api::FakeDirector director = lvx::api::sample_director();
    const std::string page = lvx::api::metrics({director.status_value, director.services_value, director.verdicts_value, director.interfaces_value, {}, director.checks_value,
                                                &director.events_value, lvx::api::sample_bfd(), {.configured = true, .peers = {{.name = "other", .lag_us = 900}}, .counts = {{.subject = "stream", .name = "not_authentic", .count = 1}}}, lvx::api::sample_vrrp(), lvx::api::sample_work()});
    return std::fputs(page.c_str(), stdout) < 0 ? 1 : 0;
}

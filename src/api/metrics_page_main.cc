// Prints the metrics page of the sample director, for "promtool check metrics".
#include <cstdio>

#include "api/metrics.hh"
#include "api/sample.hh"

int main() {
    const lvx::api::FakeDirector director = lvx::api::sample_director();
    const std::string page = lvx::api::metrics({director.status_value, director.services_value, director.verdicts_value, director.interfaces_value, {}});
    return std::fputs(page.c_str(), stdout) < 0 ? 1 : 0;
}

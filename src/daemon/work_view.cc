#include "daemon/work_view.hh"

namespace lvx::daemon {

api::WorkCounts work_counts(const health::WorkerCounters& checks, const notify::Counters& notices, const bfd::DoorCounters& packets) {
    const script::Counters& scripts = notices.scripts;
    return {.checks = {{"", "run", checks.runs},
                       {"", "failed", checks.failures},
                       {"", "local_error", checks.local_errors},
                       {"", "delayed", checks.delayed},
                       {"", "postponed", checks.postponed}},
            .maintenance_names_left_out = checks.names_left_out,
            .notifications = {{"notices", "told", notices.notices},
                              {"notices", "lost", notices.notices_lost},
                              {"fifo", "lines", notices.fifo_lines},
                              {"fifo", "lines_lost", notices.fifo_lines_lost},
                              {"mail", "sent", notices.mails_sent},
                              {"mail", "failed", notices.mails_failed},
                              {"mail", "lost", notices.mails_lost}},
            .scripts = {{"notify", "started", scripts.started},
                        {"notify", "failed_to_start", scripts.failed_to_start},
                        {"notify", "timed_out", scripts.timed_out},
                        {"notify", "delayed_by_limit", scripts.delayed_by_limit},
                        {"notify", "refused_by_limit", scripts.refused_by_limit},
                        {"notify", "output_cut", scripts.output_cut}},
            .bfd_refused = {{"", "malformed", packets.malformed}, {"", "wrong_ttl", packets.wrong_ttl},
                            {"", "no_session", packets.no_session}, {"", "send_failed", packets.send_failed}}};
}

}  // namespace lvx::daemon

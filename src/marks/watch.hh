// Netfilter's rules, looked at again whenever they change, in a thread of its own: tools take their time, and so does
// working out megabytes of rules.
//
//   notice --50 ms--> nft, iptables-save ... --understand()--> View --> tell
//
// Looks cost at most a fifth of a processor: after one that took t, the next waits for 4 t.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "base/result.hh"
#include "marks/understand.hh"

namespace lvx::marks {

struct WatchSettings {
    std::string path;                              // folders of the tools, as in $PATH
    std::chrono::milliseconds gathering{50};       // from a notice to the look, since changes come in bursts
    std::chrono::milliseconds deadline{5000};      // of one tool
    std::chrono::milliseconds again{10'000};       // for tables of iptables-legacy, of which no notice comes, and after a failure
};

struct Sight {
    View view;
    std::string no_notices;  // why none come; "": they do
};

enum class Following : std::uint8_t { resting, following };

class Watch {
 public:
    // `tell` is called from the Watch's thread: it may post somewhere, and nothing else.  Rests at first.
    static Result<std::unique_ptr<Watch>> start(WatchSettings settings, std::function<void(Sight)> tell);

    virtual ~Watch() = default;

    // While following, notices lead to looks; it begins with one.
    virtual void follow(Following following) = 0;
    // One look, now.
    virtual void look() = 0;
};

}  // namespace lvx::marks

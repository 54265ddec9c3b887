// Keywords that lvx has no use for: one word about all those of a file, at the first of them.
#pragma once

#include <map>
#include <vector>

#include "config/diagnostic.hh"
#include "config/keyword.hh"

namespace lvx::config {

class Unneeded {
 public:
    void add(const Keyword& keyword, const Place& place);
    void report(Diagnostics& diagnostics) const;

 private:
    struct Found {
        Place first;
        std::vector<const Keyword*> keywords;  // each once, in the order found
    };
    std::map<FileNumber, Found> files_;
};

}  // namespace lvx::config

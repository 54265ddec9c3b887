// load(): the configuration files of a director -> the site they describe, and everything that is to be said about
// them.  Pure: files are read by the caller's function.
//
//   text -> lines (source, include, definitions) -> tokens (lexer) -> tree -> model + places, with diagnostics from
//   every stage in one list.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/diagnostic.hh"
#include "config/options.hh"
#include "config/reader.hh"
#include "config/source.hh"
#include "config/tree.hh"
#include "model/site.hh"

namespace lvx::config {

// Where a block stands and where its keywords do, by their names of today (the one that counts, if it is given twice).
// What it does not name comes from the blocks around it, or is the default.
struct Origin {
    Place block;
    std::vector<std::pair<std::string_view, Place>> keywords;

    [[nodiscard]] const Place* find(std::string_view keyword) const;
};

// Where services and servers are described, for "where does this value come from" and for messages after loading.
struct Places {
    std::map<model::ServiceKey, Place> services;
    std::map<std::pair<model::ServiceKey, Endpoint>, Place> servers;
    std::map<model::ServiceKey, Origin> pools;                          // virtual_server, by the pool's first service
    std::map<std::pair<model::ServiceKey, Endpoint>, Origin> watched;   // real_server, by that and its endpoint in the pool
};

struct Outcome {
    model::Site site;          // of what was understood; use it only if usable()
    Diagnostics diagnostics;   // in source order, each once
    Sources sources;           // the files read, which the diagnostics point into
    Places places;
    std::shared_ptr<const std::vector<Statement>> statements;  // as read, for given_values(); shared by copies

    [[nodiscard]] bool usable() const;          // no error among the diagnostics
    [[nodiscard]] std::string report() const;   // all diagnostics as text, without colours
};

[[nodiscard]] Outcome load(const Reader& reader, std::string_view main_file, const Options& options);

}  // namespace lvx::config

// load(): the configuration files of a director -> the site they describe, and everything that is to be said about
// them.  Pure: files are read by the caller's function.
//
//   text -> lines (source, include, definitions) -> tokens (lexer) -> tree -> model + places, with diagnostics from
//   every stage in one list.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "config/diagnostic.hh"
#include "config/options.hh"
#include "config/reader.hh"
#include "config/source.hh"
#include "model/site.hh"

namespace lvx::config {

// Where services and servers are described, for "where does this value come from" and for messages after loading.
struct Places {
    std::map<model::ServiceKey, Place> services;
    std::map<std::pair<model::ServiceKey, Endpoint>, Place> servers;
};

struct Outcome {
    model::Site site;          // of what was understood; use it only if usable()
    Diagnostics diagnostics;   // in source order, each once
    Sources sources;           // the files read, which the diagnostics point into
    Places places;

    [[nodiscard]] bool usable() const;          // no error among the diagnostics
    [[nodiscard]] std::string report() const;   // all diagnostics as text, without colours
};

[[nodiscard]] Outcome load(const Reader& reader, std::string_view main_file, const Options& options);

}  // namespace lvx::config

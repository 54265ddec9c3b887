// The BPF object as C++ sees it: bpftool's skeleton (lvx::abi's settings stand in its constants) and the schema.
#pragma once

#include "abi/settings.h"

using lvx::abi::settings;  // the type the generated header names without including it

#include "lvx.skel.h"
#include "schema.h"

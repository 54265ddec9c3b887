// Boost.JSON, compiled here once; everything else sees its declarations only.
#include <boost/json/src.hpp>

// Boost.JSON, compiled into this library once: users need neither libboost_json nor its headers' minute of
// compiling.
#include <boost/json/src.hpp>

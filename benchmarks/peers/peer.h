// benchmarks/peers/peer.h
//
// What a peer says in the end about the spans it was given.
#pragma once

#include <cstdint>

namespace ringtail::benchmarks {

struct Delivered {
  std::uint64_t arrived = 0;
  std::uint64_t lost = 0;  // that it says itself it discarded
};

}  // namespace ringtail::benchmarks

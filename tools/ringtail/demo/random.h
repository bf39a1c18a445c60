// tools/ringtail/demo/random.h
//
// Random numbers that are the same on every machine and for every interleaving of threads: each user has its
// own, seeded by what it is for.
#pragma once

#include <cstdint>
#include <initializer_list>

namespace ringtail::demo {

// SplitMix64 (Steele, Lea, Flood 2014).
class Random {
 public:
  // The same parts give the same numbers; any other part gives unrelated ones.
  Random(std::initializer_list<std::uint64_t> parts) {
    for (const std::uint64_t part : parts) state_ = next() ^ part;
  }

  std::uint64_t next() {
    std::uint64_t x = state_ += 0x9E37'79B9'7F4A'7C15ULL;
    x = (x ^ (x >> 30U)) * 0xBF58'476D'1CE4'E5B9ULL;
    x = (x ^ (x >> 27U)) * 0x94D0'49BB'1331'11EBULL;
    return x ^ (x >> 31U);
  }

  // In [0, 1).
  float uniform() { return static_cast<float>(next() >> 40U) * 0x1p-24F; }

  // Mean 0, variance 1, bell-shaped: the sum of four uniform numbers, whose variance is 1/12 each.
  float normal() {
    const float sum = (uniform() + uniform()) + (uniform() + uniform());
    return (sum - 2.0F) * 1.7320508F;
  }

 private:
  std::uint64_t state_ = 0;
};

}  // namespace ringtail::demo

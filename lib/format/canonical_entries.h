// format/canonical_entries.h
//
// Reads entries that are laid out exactly as we and the reference write them, several times as fast as a JSON parser:
// every byte but those of names and numbers is known beforehand.
//
// Shape    An entry begins at its four spaces and ends behind its brace. Names stay as the file spells them, escapes
//          and all: their ids are of raw_ops and raw_devices, in order of first appearance.
// Errors   What is not to the letter is refused, right or wrong: it is the general reader's to judge (json_walker.h).
// Law      What is accepted means the same to the general reader, once the names' spelling is found right.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "ringtail/trace/names.h"
#include "ringtail/trace/signatures.h"
#include "ringtail/trace/trace.h"

namespace ringtail::inline v1 {

class CanonicalEntries {
 public:
  // So many NUL bytes must lie behind what is read: the only end that it looks for.
  static constexpr std::size_t kPadding = 64;

  // The end of the entry that begins at `at`, which becomes a row, at the latest when finish() is called; or null,
  // and nothing has changed but that names may have been interned.
  [[nodiscard]] const char* read(const char* at);
  void finish();

  // Rows whose ops and devices are raw ids.
  Trace rows;
  NameTable raw_ops;
  NameTable raw_devices;
  std::uint64_t largest_step = 0;
  std::optional<ThreadId> largest_thread;

 private:
  [[nodiscard]] bool read_shapes(const char*& at, SignatureBuilder& shapes);
  [[nodiscard]] bool read_extras(const char*& at, Trace::Row& row);

  // The ids of names of up to 16 bytes, which two words and a length tell apart.
  class ShortNames {
   public:
    // Requires: eight bytes can be read at the name.
    std::uint32_t intern(std::string_view name, NameTable& names);

   private:
    struct Known {
      std::uint64_t first = 0;
      std::uint64_t last = 0;
      std::uint32_t length = 0xFFFF'FFFF;  // of no name
      std::uint32_t id = 0;
    };
    std::array<Known, 256> known_;
  };

  // A row whose signature is about to be looked up. The tables of a large file lie in memory, not in caches: so they
  // are asked for the signatures of many rows at once.
  struct Pending {
    Trace::Row row;
    SignatureBuilder shapes;
    std::span<const std::uint64_t> signature;  // empty: the row has its shapes
    std::uint64_t hash = 0;
  };
  ShortNames short_ops_;
  ShortNames short_devices_;
  std::array<Pending, 32> pending_;
  std::size_t pending_count_ = 0;

  // The entry being read.
  std::uint64_t input_count_ = 0;
  bool has_dims_ = false;      // the output shape is not empty
  std::uint64_t product_ = 1;  // of the output shape
  bool shapes_dropped_ = false;
};

// The text that a raw name means; nothing when it is no JSON string.
[[nodiscard]] std::optional<std::string> decode_name(std::string_view raw);

}  // namespace ringtail::inline v1

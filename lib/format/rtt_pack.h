// format/rtt_pack.h
//
// zstd, as far as chunks need it: one frame in, one frame out, memory used again.
//
// Errors   False: pack would not make it smaller; unpack found anything but one frame of exactly that size.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "format/rtt_bytes.h"
#include "ringtail/trace/column.h"

struct ZSTD_CCtx_s;
struct ZSTD_DCtx_s;

namespace ringtail::inline v1 {

class Compressor {
 public:
  Compressor();
  ~Compressor();

  // Adds `bytes` packed to `out`, which is unchanged where the result would not be smaller.
  [[nodiscard]] bool pack(std::span<const std::byte> bytes, ByteWriter& out);

 private:
  struct Free {
    void operator()(ZSTD_CCtx_s* context) const noexcept;
  };
  std::unique_ptr<ZSTD_CCtx_s, Free> context_;
};

class Decompressor {
 public:
  Decompressor();
  ~Decompressor();

  // Gives `out` the size, and takes memory for it, only where the frame says so as well.
  [[nodiscard]] bool unpack(std::span<const std::byte> packed, std::size_t size, Column<std::byte>& out);

 private:
  struct Free {
    void operator()(ZSTD_DCtx_s* context) const noexcept;
  };
  std::unique_ptr<ZSTD_DCtx_s, Free> context_;
};

}  // namespace ringtail::inline v1

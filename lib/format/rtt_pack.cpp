#include "format/rtt_pack.h"

#include <zstd.h>

namespace ringtail::inline v1 {
namespace {

constexpr int kLevel = 1;  // higher ones take several times as long for a few per cent

}  // namespace

void Compressor::Free::operator()(ZSTD_CCtx_s* context) const noexcept { ZSTD_freeCCtx(context); }
void Decompressor::Free::operator()(ZSTD_DCtx_s* context) const noexcept { ZSTD_freeDCtx(context); }

Compressor::Compressor() = default;
Compressor::~Compressor() = default;
Decompressor::Decompressor() = default;
Decompressor::~Decompressor() = default;

bool Compressor::pack(std::span<const std::byte> bytes, ByteWriter& out) {
  if (bytes.empty()) return false;
  if (!context_) context_.reset(ZSTD_createCCtx());
  if (!context_) return false;
  const std::size_t before = out.size();
  const std::size_t room = bytes.size() - 1;
  std::byte* const at = out.grow(room);
  const std::size_t size = ZSTD_compressCCtx(context_.get(), at, room, bytes.data(), bytes.size(), kLevel);
  const bool packed = ZSTD_isError(size) == 0;
  out.shrink_to(before + (packed ? size : 0));
  return packed;
}

bool Decompressor::unpack(std::span<const std::byte> packed, std::size_t size, Column<std::byte>& out) {
  if (!context_) context_.reset(ZSTD_createDCtx());
  if (!context_) return false;
  // The one call takes any number of frames, empty ones too; a chunk is one.
  if (ZSTD_findFrameCompressedSize(packed.data(), packed.size()) != packed.size()) return false;
  if (ZSTD_getFrameContentSize(packed.data(), packed.size()) != size) return false;
  out.resize(size);
  return ZSTD_decompressDCtx(context_.get(), out.data(), size, packed.data(), packed.size()) == size;
}

}  // namespace ringtail::inline v1

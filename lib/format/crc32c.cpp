#include "format/crc32c.h"

#include <array>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_acle.h>
#include <sys/auxv.h>
#endif

namespace ringtail::inline v1 {
namespace {

constexpr std::uint32_t kPolynomial = 0x82F6'3B78;  // 0x1EDC6F41, bits reversed

constexpr std::array<std::uint32_t, 256> make_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1U) ^ ((crc & 1U) != 0 ? kPolynomial : 0);
    table[byte] = crc;
  }
  return table;
}
constexpr auto kTable = make_table();

// The processor's instruction for 8 bytes and for one, in functions that may be compiled for it only where it is.
#if defined(__x86_64__)
#define RINGTAIL_WITH_CRC32 __attribute__((target("sse4.2")))
bool has_instruction() noexcept { return __builtin_cpu_supports("sse4.2") != 0; }
RINGTAIL_WITH_CRC32 inline std::uint32_t step(std::uint32_t crc, std::uint64_t word) noexcept {
  return static_cast<std::uint32_t>(_mm_crc32_u64(crc, word));
}
RINGTAIL_WITH_CRC32 inline std::uint32_t step(std::uint32_t crc, std::byte byte) noexcept {
  return _mm_crc32_u8(crc, static_cast<std::uint8_t>(byte));
}
#elif defined(__aarch64__)
#define RINGTAIL_WITH_CRC32 __attribute__((target("+crc")))
bool has_instruction() noexcept {
  constexpr unsigned long kHasCrc32 = 1UL << 7U;  // HWCAP_CRC32
  return (getauxval(AT_HWCAP) & kHasCrc32) != 0;
}
RINGTAIL_WITH_CRC32 inline std::uint32_t step(std::uint32_t crc, std::uint64_t word) noexcept {
  return __crc32cd(crc, word);
}
RINGTAIL_WITH_CRC32 inline std::uint32_t step(std::uint32_t crc, std::byte byte) noexcept {
  return __crc32cb(crc, static_cast<std::uint8_t>(byte));
}
#endif

#if defined(RINGTAIL_WITH_CRC32)
RINGTAIL_WITH_CRC32 std::uint32_t by_instruction(std::span<const std::byte> bytes) noexcept {
  std::uint32_t crc = 0xFFFF'FFFF;
  std::size_t at = 0;
  for (; at + 8 <= bytes.size(); at += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data() + at, 8);
    crc = step(crc, word);
  }
  for (; at < bytes.size(); ++at) crc = step(crc, bytes[at]);
  return ~crc;
}
#else
bool has_instruction() noexcept { return false; }
std::uint32_t by_instruction(std::span<const std::byte> bytes) noexcept { return crc32c_by_table(bytes); }
#endif

}  // namespace

std::uint32_t crc32c_by_table(std::span<const std::byte> bytes) noexcept {
  std::uint32_t crc = 0xFFFF'FFFF;
  for (const std::byte byte : bytes) crc = (crc >> 8U) ^ kTable[(crc ^ static_cast<std::uint32_t>(byte)) & 0xFFU];
  return ~crc;
}

std::uint32_t crc32c(std::span<const std::byte> bytes) noexcept {
  static const bool fast = has_instruction();
  return fast ? by_instruction(bytes) : crc32c_by_table(bytes);
}

}  // namespace ringtail::inline v1

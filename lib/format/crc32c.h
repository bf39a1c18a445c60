// format/crc32c.h
//
// CRC-32C (Castagnoli): the checksum of iSCSI, with an instruction of its own on the processors of the last ten
// years. The check value of "123456789" is 0xE3069283.
//
// Cost     About 8 bytes in three cycles with SSE4.2 or ARMv8's CRC, chosen at run time; a byte in some five without.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace ringtail::inline v1 {

[[nodiscard]] std::uint32_t crc32c(std::span<const std::byte> bytes) noexcept;

// The same without the instruction: what processors that lack it use.
[[nodiscard]] std::uint32_t crc32c_by_table(std::span<const std::byte> bytes) noexcept;

}  // namespace ringtail::inline v1

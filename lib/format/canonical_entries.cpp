#include "format/canonical_entries.h"

#include <algorithm>
#include <bit>
#include <boost/json/parse.hpp>
#include <charconv>
#include <cstring>
#include <string>

#include "format/json_schema.h"
#include "format/number_text.h"
#include "format/utf8.h"

namespace ringtail::inline v1 {
namespace {

static_assert(std::endian::native == std::endian::little);

inline std::uint64_t load_word(const char* from) {
  std::uint64_t word = 0;
  std::memcpy(&word, from, sizeof(word));
  return word;
}

template <std::size_t kSize>
[[gnu::always_inline]] inline bool take(const char*& at, const char (&text)[kSize]) {
  static_assert(kSize <= CanonicalEntries::kPadding);
  if (std::memcmp(at, text, kSize - 1) != 0) return false;
  at += kSize - 1;
  return true;
}

[[gnu::always_inline]] inline bool is_digit(char c) { return static_cast<unsigned char>(c - '0') <= 9; }

[[gnu::always_inline]] inline bool take_unsigned(const char*& at, std::uint64_t& value,
                                                 std::uint64_t most = UINT64_MAX) {
  constexpr std::ptrdiff_t kSafeDigits = 19;
  if (!is_digit(*at)) return false;
  const char* const first = at;
  value = static_cast<std::uint64_t>(*at++ - '0');
  if (value == 0) return !is_digit(*at);
  for (; is_digit(*at); ++at) value = value * 10 + static_cast<std::uint64_t>(*at - '0');
  const bool wrapped = at - first > kSafeDigits && std::from_chars(first, at, value).ec != std::errc{};
  return !wrapped && value <= most;
}

inline bool take_time(const char*& at, std::int64_t& value) {
  const bool negative = *at == '-';
  if (negative) ++at;
  std::uint64_t magnitude = 0;
  if (!take_unsigned(at, magnitude, std::uint64_t{INT64_MAX})) return false;
  if (negative && magnitude == 0) return false;
  value = negative ? -static_cast<std::int64_t>(magnitude) : static_cast<std::int64_t>(magnitude);
  return true;
}

// With a fraction or an exponent, as doubles are written.
inline bool take_double(const char*& at, double& value) {
  // Both are doubles, so their quotient is the double nearest to the number (Clinger 1990).
  constexpr std::uint64_t kExactBelow = std::uint64_t{1} << 53U;
  static constexpr double kPowers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8, 1e9,
                                       1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18};
  const char* const first = at;
  const bool negative = *at == '-';
  if (negative) ++at;
  const char* const digits = at;
  if (!is_digit(*at)) return false;
  std::uint64_t mantissa = 0;
  for (; is_digit(*at); ++at) mantissa = mantissa * 10 + static_cast<std::uint64_t>(*at - '0');
  if (*digits == '0' && at - digits > 1) return false;
  const char* const point = at;
  if (*at == '.') {
    ++at;
    for (; is_digit(*at); ++at) mantissa = mantissa * 10 + static_cast<std::uint64_t>(*at - '0');
    if (at - point == 1) return false;
    const bool exact = at - digits <= 19 && mantissa < kExactBelow && *at != 'e' && *at != 'E';
    if (exact) {
      const double magnitude = static_cast<double>(mantissa) / kPowers[at - point - 1];
      value = negative ? -magnitude : magnitude;
      return true;
    }
  }
  const char* const exponent = at;
  if (*at == 'e' || *at == 'E') {
    ++at;
    if (*at == '-' || *at == '+') ++at;
    if (!is_digit(*at)) return false;
    while (is_digit(*at)) ++at;
    if (at - exponent > 6) return false;
  }
  if (at == point) return false;  // an integer
  const std::optional<double> found = double_of({first, static_cast<std::size_t>(at - first)});
  if (found) value = *found;
  return found.has_value();
}

// The bytes up to the closing quote, which is passed.
[[gnu::always_inline]] inline bool take_name(const char*& at, std::string_view& raw) {
  constexpr std::uint64_t kOnes = 0x0101'0101'0101'0101;
  constexpr std::uint64_t kTops = 0x8080'8080'8080'8080;
  const char* const first = at;
  while (true) {
    const std::uint64_t word = load_word(at);
    const std::uint64_t quote = word ^ kOnes * '"';
    const std::uint64_t backslash = word ^ kOnes * '\\';
    // A top bit for each byte that is the quote, the backslash or a control character. A borrow may set those behind
    // one too, but the first is right.
    const std::uint64_t special =
        (((quote - kOnes) & ~quote) | ((backslash - kOnes) & ~backslash) | ((word - kOnes * 0x20) & ~word)) & kTops;
    if (special == 0) {
      at += sizeof(word);
      continue;
    }
    at += std::countr_zero(special) / 8;
    if (*at == '"') break;
    if (*at != '\\' || at[1] == '\0') return false;
    at += 2;
  }
  raw = {first, static_cast<std::size_t>(at - first)};
  ++at;
  return true;
}

}  // namespace

std::uint32_t CanonicalEntries::ShortNames::intern(std::string_view name, NameTable& names) {
  constexpr std::size_t kWord = sizeof(std::uint64_t);
  constexpr std::uint64_t kMultiplier = 0x9E37'79B9'7F4A'7C15ULL;  // 2^64 / golden ratio, Knuth TAOCP 3, 6.4
  if (name.size() > 2 * kWord) return names.intern(name);
  const bool has_word = name.size() >= kWord;
  const std::uint64_t first =
      load_word(name.data()) & (has_word ? ~std::uint64_t{0} : (std::uint64_t{1} << 8 * name.size()) - 1);
  const std::uint64_t last = has_word ? load_word(name.data() + name.size() - kWord) : 0;
  Known& known = known_[((first ^ std::rotl(last, 23)) * kMultiplier + name.size()) >> 56U];
  if (known.first != first || known.last != last || known.length != name.size()) {
    known = {first, last, static_cast<std::uint32_t>(name.size()), names.intern(name)};
  }
  return known.id;
}

bool CanonicalEntries::read_shapes(const char*& at, SignatureBuilder& shapes) {
  shapes.clear();
  input_count_ = 0;
  if (!take(at, ",\n      \"input_shapes\": [")) return false;
  std::uint64_t dim = 0;
  if (*at != ']') {
    do {
      if (!take(at, "\n        [")) return false;
      ++input_count_;
      shapes.begin_input();
      if (*at != ']') {
        do {
          if (!take(at, "\n          ") || !take_unsigned(at, dim)) return false;
          shapes.add(dim);
        } while (*at++ == ',');
        if (!take(--at, "\n        ")) return false;
      }
      if (*at++ != ']') return false;
    } while (*at++ == ',');
    if (!take(--at, "\n      ")) return false;
  }
  if (!take(at, "],\n      \"output_shape\": [")) return false;
  product_ = 1;
  has_dims_ = *at != ']';
  if (has_dims_) {
    bool is_zero = false;  // a zero makes the product zero also behind factors that overflow
    shapes.begin_output();
    do {
      if (!take(at, "\n        ") || !take_unsigned(at, dim)) return false;
      shapes.add(dim);
      is_zero = is_zero || dim == 0;
      product_ = saturating_multiply(product_, dim);
    } while (*at++ == ',');
    if (!take(--at, "\n      ")) return false;
    if (is_zero) product_ = 0;
  }
  return take(at, "],\n      \"duration_us\": ");
}

bool CanonicalEntries::read_extras(const char*& at, Trace::Row& row) {
  std::uint64_t number = 0;
  if (take(at, ",\n      \"begin_ns\": ") && !take_time(at, row.begin_ns)) return false;
  if (take(at, ",\n      \"thread\": ")) {
    if (!take_unsigned(at, number, kMostThread)) return false;
    row.thread = static_cast<ThreadId>(number);
  }
  if (take(at, ",\n      \"depth\": ")) {
    if (!take_unsigned(at, number, kMostDepth)) return false;
    row.depth = static_cast<std::uint16_t>(number);
  }
  if (take(at, ",\n      \"queue_delay_ns\": ") && !take_time(at, row.queue_delay_ns)) return false;
  if (take(at, ",\n      \"lost_before\": ") && !take_unsigned(at, row.lost_before)) return false;
  shapes_dropped_ = take(at, ",\n      \"shapes_dropped\": true");
  if (take(at, ",\n      \"weight\": ")) {
    if (!take_unsigned(at, number, kMostWeight) || number == 0) return false;
    row.weight = static_cast<std::uint32_t>(number);
  }
  return true;
}

const char* CanonicalEntries::read(const char* at) {
  Pending& pending = pending_[pending_count_];
  Trace::Row& row = pending.row;
  row = {};
  std::string_view name;
  if (!take(at, "    {\n      \"step\": ") || !take_unsigned(at, row.step)) return nullptr;
  if (!take(at, ",\n      \"operation\": \"") || !take_name(at, name)) return nullptr;
  row.op = OpId{short_ops_.intern(name, raw_ops)};
  if (!take(at, ",\n      \"device_id\": ")) return nullptr;
  if (*at == '"') {
    if (!take_name(++at, name)) return nullptr;
    row.device = DeviceId{short_devices_.intern(name, raw_devices)};
  } else if (!take(at, "null")) {
    return nullptr;
  }
  std::uint64_t elements = 0;
  std::uint64_t bytes = 0;
  if (!read_shapes(at, pending.shapes) || !take_double(at, row.duration_us)) return nullptr;
  if (!take(at, ",\n      \"output_elements\": ") || !take_unsigned(at, elements)) return nullptr;
  if (!take(at, ",\n      \"memory_bytes\": ") || !take_unsigned(at, bytes)) return nullptr;
  shapes_dropped_ = false;
  if (*at == ',' && !read_extras(at, row)) return nullptr;
  if (!take(at, "\n    }")) return nullptr;

  pending.signature = {};
  // As TraceAssembler::end_entry() does, but that what the signature gives is not said again.
  std::uint64_t derived_elements = 0;
  std::uint64_t derived_bytes = 0;
  if (shapes_dropped_) {
    if (input_count_ != 0 || has_dims_) return nullptr;
    row.shapes = kDroppedShapes;
  } else if (input_count_ != 0 || has_dims_ || elements != 0) {
    // An empty output shape of no element was never set; a scalar has one.
    const bool has_output = has_dims_ || elements != 0;
    if (has_output && !has_dims_) pending.shapes.begin_output();
    derived_elements = has_output ? product_ : 0;
    const bool usual = saturating_multiply(derived_elements, kDefaultElementBytes) == bytes && bytes != UINT64_MAX;
    const std::uint32_t element_bytes = usual ? kDefaultElementBytes : element_bytes_of(derived_elements, bytes);
    derived_bytes = saturating_multiply(derived_elements, element_bytes);
    pending.signature = pending.shapes.finish(element_bytes);
    pending.hash = hash_of(pending.signature);
    rows.signatures().prefetch(pending.hash);
  }
  if (elements != derived_elements) row.output_elements = elements;
  if (bytes != derived_bytes) row.memory_bytes = bytes;
  largest_step = std::max(largest_step, row.step);
  if (row.thread != kNoThread) largest_thread = std::max(row.thread, largest_thread.value_or(row.thread));
  if (++pending_count_ == pending_.size()) finish();
  return at;
}

void CanonicalEntries::finish() {
  for (std::size_t i = 0; i < pending_count_; ++i) {
    Pending& pending = pending_[i];
    if (!pending.signature.empty()) pending.row.shapes = rows.signatures().intern(pending.signature, pending.hash);
    rows.append(pending.row);
  }
  pending_count_ = 0;
}

std::optional<std::string> decode_name(std::string_view raw) {
  if (raw.find('\\') == std::string_view::npos) {
    if (!is_utf8(raw)) return std::nullopt;
    return std::string(raw);
  }
  boost::json::error_code code;
  const boost::json::value value = boost::json::parse('"' + std::string(raw) + '"', code);
  if (code || !value.is_string()) return std::nullopt;
  return std::string(value.get_string());
}

}  // namespace ringtail::inline v1

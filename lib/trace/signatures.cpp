#include "ringtail/trace/signatures.h"

#include <algorithm>
#include <limits>

namespace ringtail {
namespace {

constexpr std::uint64_t kHasOutput = std::uint64_t{1} << 63U;
constexpr std::uint64_t kOneInput = std::uint64_t{1} << 32U;

}  // namespace

std::uint64_t element_count(Dims dims) noexcept {
  // A zero anywhere makes the product zero, also behind factors that overflow.
  if (std::ranges::find(dims, 0U) != dims.end()) return 0;
  std::uint64_t product = 1;
  for (const std::uint64_t dim : dims) product = saturating_multiply(product, dim);
  return product;
}

std::uint32_t element_bytes_of(std::uint64_t elements, std::uint64_t bytes) noexcept {
  if (elements == 0 || bytes % elements != 0) return kDefaultElementBytes;
  const std::uint64_t size = bytes / elements;
  return size <= std::numeric_limits<std::uint32_t>::max() ? static_cast<std::uint32_t>(size) : kDefaultElementBytes;
}

std::size_t Signature::output_at() const {
  std::size_t at = 1;
  for (std::size_t i = 0; i < input_count(); ++i) at += 1 + static_cast<std::size_t>(words_[at]);
  return at;
}

ShapeList Signature::inputs() const { return {words_.subspan(1, output_at() - 1), input_count()}; }

Dims Signature::output() const {
  if (!has_output()) return {};
  const std::size_t at = output_at();
  return words_.subspan(at + 1, static_cast<std::size_t>(words_[at]));
}

std::uint64_t Signature::elements() const { return has_output() ? element_count(output()) : 0; }

std::uint64_t Signature::bytes() const { return saturating_multiply(elements(), element_bytes()); }

void SignatureBuilder::append(Dims dims) {
  words_.push_back(dims.size());
  words_.insert(words_.end(), dims.begin(), dims.end());
}

void SignatureBuilder::add_input(Dims dims) {
  words_[0] += kOneInput;
  append(dims);
}

void SignatureBuilder::set_output(Dims dims) {
  words_[0] |= kHasOutput;
  append(dims);
}

std::span<const std::uint64_t> SignatureBuilder::finish(std::uint32_t element_bytes) {
  words_[0] = (words_[0] & ~std::uint64_t{0xFFFF'FFFF}) | element_bytes;
  return words_;
}

SignatureTable::SignatureTable() : words_{{0}, {0}}, elements_(2, 0), bytes_(2, 0) {}

std::optional<ShapesId> SignatureTable::find(std::span<const std::uint64_t> words) const {
  const std::uint32_t found =
      index_.find(hash_of(words), [&](std::uint32_t id) { return std::ranges::equal(words_[id], words); });
  if (found == IdIndex::kNotFound) return std::nullopt;
  return ShapesId{found};
}

ShapesId SignatureTable::intern(std::span<const std::uint64_t> words) {
  const std::uint64_t hash = hash_of(words);
  const std::uint32_t found =
      index_.find(hash, [&](std::uint32_t id) { return std::ranges::equal(words_[id], words); });
  if (found != IdIndex::kNotFound) return ShapesId{found};
  const std::uint32_t id = size();
  const Signature signature(words);
  words_.emplace_back(words.begin(), words.end());
  elements_.push_back(signature.elements());
  bytes_.push_back(signature.bytes());
  index_.insert(hash, id);
  return ShapesId{id};
}

}  // namespace ringtail

#include "ringtail/trace/signatures.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace ringtail::inline v1 {
namespace {

constexpr std::size_t kFirstChunkWords = 512;       // 4 KiB: most programs have few signatures
constexpr std::size_t kMostChunkWords = 64 * 1024;  // 512 KiB

template <class T>
void make_room_for_one(Column<T>& column) {
  if (column.size() == column.capacity()) column.reserve(std::max<std::size_t>(2 * column.size(), 16));
}

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

SignatureTable::SignatureTable() : elements_(kReservedShapes, 0), bytes_(kReservedShapes, 0) {
  const std::uint64_t nothing = 0;
  for (std::uint32_t id = 0; id < kReservedShapes; ++id) add_row({&nothing, 1});
}

SignatureTable::SignatureTable(const SignatureTable& other)
    : elements_(other.elements_), bytes_(other.bytes_), index_(other.index_) {
  rows_.reserve(other.rows_.size());
  for (const Row row : other.rows_) add_row(row);
}

SignatureTable::SignatureTable(SignatureTable&& other) noexcept
    : chunks_(std::move(other.chunks_)),
      free_(std::exchange(other.free_, {})),  // of a chunk that is this table's now
      rows_(std::move(other.rows_)),
      elements_(std::move(other.elements_)),
      bytes_(std::move(other.bytes_)),
      index_(std::move(other.index_)) {}

SignatureTable& SignatureTable::operator=(SignatureTable other) noexcept {
  chunks_.swap(other.chunks_);
  std::swap(free_, other.free_);
  rows_.swap(other.rows_);
  elements_.swap(other.elements_);
  bytes_.swap(other.bytes_);
  std::swap(index_, other.index_);
  return *this;
}

void SignatureTable::add_row(Row words) {
  if (words.size() > free_.size()) {
    const std::size_t usual =
        std::min(kFirstChunkWords << std::min<std::size_t>(chunks_.size(), 16), kMostChunkWords);
    const std::size_t size = std::max(words.size(), usual);
    chunks_.emplace_back(size);
    free_ = chunks_.back();
  }
  std::ranges::copy(words, free_.begin());
  rows_.push_back(free_.first(words.size()));
  free_ = free_.subspan(words.size());
}

std::optional<ShapesId> SignatureTable::find(std::span<const std::uint64_t> words) const {
  const std::uint32_t found =
      index_.find(hash_of(words), [&](std::uint32_t id) { return std::ranges::equal(rows_[id], words); });
  if (found == IdIndex::kNotFound) return std::nullopt;
  return ShapesId{found};
}

ShapesId SignatureTable::intern(std::span<const std::uint64_t> words) { return intern(words, hash_of(words)); }

ShapesId SignatureTable::intern(std::span<const std::uint64_t> words, std::uint64_t hash) {
  const std::uint32_t found =
      index_.find(hash, [&](std::uint32_t id) { return std::ranges::equal(rows_[id], words); });
  if (found != IdIndex::kNotFound) return ShapesId{found};
  const std::uint32_t id = size();
  // What may fail comes first: no signature is in a part of the table only.
  index_.make_room();
  make_room_for_one(elements_);
  make_room_for_one(bytes_);
  add_row(words);
  const Signature signature(words);
  elements_.push_back(signature.elements());
  bytes_.push_back(saturating_multiply(elements_.back(), signature.element_bytes()));
  index_.insert(hash, id);
  return ShapesId{id};
}

std::vector<ShapesId> SignatureTable::intern_all(const SignatureTable& other) {
  std::vector<ShapesId> ids;
  ids.reserve(other.size());
  for (std::uint32_t id = 0; id < kReservedShapes; ++id) ids.push_back(ShapesId{id});
  // In batches, because a look-up in a large table waits for memory: all of a batch wait together.
  constexpr std::size_t kBatch = 32;
  std::uint64_t hashes[kBatch];
  while (ids.size() < other.size()) {
    const std::size_t first = ids.size();
    const std::size_t count = std::min(kBatch, other.size() - first);
    for (std::size_t i = 0; i < count; ++i) index_.prefetch(hashes[i] = hash_of(other.rows_[first + i]));
    for (std::size_t i = 0; i < count; ++i) ids.push_back(intern(other.rows_[first + i], hashes[i]));
  }
  return ids;
}

}  // namespace ringtail::inline v1

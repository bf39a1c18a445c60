// ringtail/trace/signatures.h
//
// Shape signatures as 32-bit ids: the input shapes, the output shape and the element size of an operation,
// interned as one value. Programs repeat a few hundred of them millions of times.
//
// Shape    A signature is a row of 64-bit words, so that comparing and hashing need no structure:
//            [element bytes | input count << 32 | has output << 63] [rank, dims...] per input [rank, dims...] output
// Units    Dimensions: elements. element_bytes: bytes. elements(), bytes(): saturate at 2^64-1.
// Ids      0 is kNoShapes, 1 is kDroppedShapes; both say nothing about shapes and derive 0 elements and 0 bytes.
// Errors   Interning throws std::bad_alloc; the signature that found no memory is in no part of the table then.
// Threads  As a std::vector. A Signature is a view: valid until the table is destroyed or assigned to.
// Cost     A new signature is copied to the end of the last chunk of memory; chunks grow from 4 to 512 KiB and never
//          move, so a table of a million needs no million allocations.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <span>
#include <vector>

#include "ringtail/base/ids.h"
#include "ringtail/trace/columns.h"
#include "ringtail/trace/id_index.h"

namespace ringtail::inline v1 {

// One shape: a dimension per axis. No axis at all is a scalar (one element).
using Dims = std::span<const std::uint64_t>;

inline constexpr std::uint32_t kReservedShapes =
    2;  // rows of a table that are not for shapes: kNoShapes, kDroppedShapes
inline constexpr std::uint32_t kDefaultElementBytes = 8;  // the reference assumes f64

// The product of the dimensions, saturated at 2^64-1; 1 for no dimension.
[[nodiscard]] std::uint64_t element_count(Dims dims) noexcept;

// a * b, saturated at 2^64-1.
[[nodiscard]] inline std::uint64_t saturating_multiply(std::uint64_t a, std::uint64_t b) noexcept {
  std::uint64_t product = 0;
  return __builtin_mul_overflow(a, b, &product) ? UINT64_MAX : product;
}

// a + b, saturated at 2^64-1.
[[nodiscard]] inline std::uint64_t saturating_add(std::uint64_t a, std::uint64_t b) noexcept {
  std::uint64_t sum = 0;
  return __builtin_add_overflow(a, b, &sum) ? UINT64_MAX : sum;
}

// The element size that makes `elements` take `bytes`; kDefaultElementBytes where none does.
[[nodiscard]] std::uint32_t element_bytes_of(std::uint64_t elements, std::uint64_t bytes) noexcept;

// A sequence of shapes laid out as [rank, dims...] words. Iterating yields Dims.
class ShapeList {
 public:
  class Iterator {
   public:
    using value_type = Dims;
    using difference_type = std::ptrdiff_t;
    explicit Iterator(const std::uint64_t* at = nullptr) : at_(at) {}
    Dims operator*() const { return {at_ + 1, static_cast<std::size_t>(*at_)}; }
    Iterator& operator++() { return at_ += 1 + *at_, *this; }
    Iterator operator++(int) {
      Iterator old = *this;
      ++*this;
      return old;
    }
    friend bool operator==(const Iterator&, const Iterator&) = default;

   private:
    const std::uint64_t* at_;
  };

  ShapeList() = default;
  ShapeList(std::span<const std::uint64_t> words, std::size_t count) : words_(words), count_(count) {}

  [[nodiscard]] std::size_t size() const noexcept { return count_; }
  [[nodiscard]] bool empty() const noexcept { return count_ == 0; }
  [[nodiscard]] Iterator begin() const { return Iterator(words_.data()); }
  [[nodiscard]] Iterator end() const { return Iterator(words_.data() + words_.size()); }

 private:
  std::span<const std::uint64_t> words_;
  std::size_t count_ = 0;
};

class Signature {
 public:
  explicit Signature(std::span<const std::uint64_t> words) : words_(words) {}

  [[nodiscard]] std::uint32_t element_bytes() const { return static_cast<std::uint32_t>(words_[0]); }
  [[nodiscard]] std::size_t input_count() const { return (words_[0] >> 32U) & 0x7FFF'FFFFU; }
  [[nodiscard]] bool has_output() const { return (words_[0] >> 63U) != 0; }
  [[nodiscard]] ShapeList inputs() const;
  [[nodiscard]] Dims output() const;             // empty without an output
  [[nodiscard]] std::uint64_t elements() const;  // of the output; 0 without one
  [[nodiscard]] std::uint64_t bytes() const;     // elements() * element_bytes()
  [[nodiscard]] std::span<const std::uint64_t> words() const { return words_; }

 private:
  [[nodiscard]] std::size_t output_at() const;  // index of the output's rank word; words_.size() without an output

  std::span<const std::uint64_t> words_;
};

// Writes a signature's words, reusing its memory: add the inputs in order, then finish.
class SignatureBuilder {
 public:
  SignatureBuilder() { clear(); }

  void clear() { words_.assign(1, 0); }
  void add_input(Dims dims);
  void set_output(Dims dims);  // at most once, after the inputs; never called: no output

  // The same dimension by dimension: each begins a shape, and add() adds to it.
  void begin_input() { begin(kOneInput); }
  void begin_output() { begin(kHasOutput); }
  void add(std::uint64_t dim) {
    words_.push_back(dim);
    ++words_[rank_at_];
  }

  // Valid until the next call.
  [[nodiscard]] std::span<const std::uint64_t> finish(std::uint32_t element_bytes = kDefaultElementBytes);

 private:
  static constexpr std::uint64_t kHasOutput = std::uint64_t{1} << 63U;
  static constexpr std::uint64_t kOneInput = std::uint64_t{1} << 32U;

  void begin(std::uint64_t which) {
    words_[0] += which;
    rank_at_ = words_.size();
    words_.push_back(0);
  }
  void append(Dims dims);

  std::vector<std::uint64_t> words_;
  std::size_t rank_at_ = 0;  // of the shape begun last
};

class SignatureTable {
 public:
  SignatureTable();
  SignatureTable(const SignatureTable& other);
  SignatureTable(SignatureTable&& other) noexcept;
  SignatureTable& operator=(SignatureTable other) noexcept;
  ~SignatureTable() = default;

  // The id of the signature with these words, new if it was not there.
  ShapesId intern(std::span<const std::uint64_t> words);

  // The same in two steps, for the sake of tables that are larger than the caches: `hash` is hash_of(words), and
  // prefetch(hash) went before by some 100 ns.
  ShapesId intern(std::span<const std::uint64_t> words, std::uint64_t hash);
  void prefetch(std::uint64_t hash) const { index_.prefetch(hash); }

  // Interns every signature of `other` in the order of their ids; the result gives the new id of each.
  [[nodiscard]] std::vector<ShapesId> intern_all(const SignatureTable& other);

  [[nodiscard]] std::optional<ShapesId> find(std::span<const std::uint64_t> words) const;

  // Requires, for these three: the id came from this table.
  [[nodiscard]] Signature at(ShapesId id) const { return Signature(rows_[index_of(id)]); }
  [[nodiscard]] std::uint64_t elements(ShapesId id) const { return elements_[index_of(id)]; }
  [[nodiscard]] std::uint64_t bytes(ShapesId id) const { return bytes_[index_of(id)]; }

  [[nodiscard]] std::uint32_t size() const noexcept { return static_cast<std::uint32_t>(rows_.size()); }

 private:
  using Row = std::span<const std::uint64_t>;

  void add_row(Row words);

  std::vector<Column<std::uint64_t>> chunks_;  // none changes its size
  std::span<std::uint64_t> free_;              // of the last chunk
  Column<Row> rows_;                           // by id, each within a chunk
  // Signature::elements() and bytes(), computed once and dense: analyses look them up for every row of a trace.
  Column<std::uint64_t> elements_;
  Column<std::uint64_t> bytes_;
  IdIndex index_;  // ids 0 and 1 are not in it: nobody can intern them
};

}  // namespace ringtail::inline v1

// format/rtt_assembler.h
//
// Makes a Trace of the chunks of an .rtt file.
//
// Order    Rows of chunks that are all marked as ordered are put in (begin, thread) order, equal ones as they came
//          (rtt_order.h); else they stay as they came.
// Errors   add() that fails leaves the trace as it was. kUnsupported before memory beyond the limit is taken.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "format/rtt_rows.h"
#include "format/rtt_source.h"
#include "ringtail/base/result.h"
#include "ringtail/format/rtt.h"
#include "ringtail/trace/trace.h"

namespace ringtail::inline v1 {

class RttAssembler {
 public:
  // `memory`: the bytes it may take.
  explicit RttAssembler(std::uint64_t memory) : limit_(memory) {}

  // `offset` is the chunk's, for messages.
  [[nodiscard]] Status add(const RttSource::Chunk& chunk, std::uint64_t offset);

  // How many rows there will be, as far as anybody knows; room is made for them if it is within the limit.
  void expect_rows(std::uint64_t rows) noexcept { expected_rows_ = rows; }

  [[nodiscard]] const Trace& trace() const noexcept { return trace_; }
  [[nodiscard]] bool has_end() const noexcept { return end_.has_value(); }

  // Rows may be missing here: the next chunk is not the one after the last.
  void note_gap() noexcept;

  // The trace of a complete file. kMalformed for a thread index outside the file's own table, as below. offset: the
  // end of what was read, for the message.
  [[nodiscard]] Result<Trace> finish(std::uint64_t offset) &&;

  // The trace of what is there of a file that grows. Threads' accounts are of the rows that are there, threads that
  // only rows name get one, and the total duration is their sum.
  [[nodiscard]] Result<Trace> finish_growing(std::uint64_t offset) &&;

  // The same of what is left of a file. Spans that accounts have beyond the rows were lost; so were `lost` in all, at
  // least, which becomes the number of them in the ledger.
  [[nodiscard]] Result<Trace> finish_damaged(std::uint64_t offset, std::uint64_t& lost) &&;

 private:
  struct End {
    std::uint64_t chunks = 0;
    std::uint64_t rows = 0;
    double total_duration_us = 0.0;
  };

  [[nodiscard]] Status add_rows(const RttSource::Chunk& chunk, std::uint64_t offset);
  [[nodiscard]] Status add_state(const RttSource::Chunk& chunk, std::uint64_t offset);
  [[nodiscard]] Status add_end(const RttSource::Chunk& chunk, std::uint64_t offset);
  [[nodiscard]] std::uint64_t bytes_held() const noexcept;  // the columns aside
  [[nodiscard]] std::optional<Error> find_no_room(std::uint64_t more, std::uint64_t offset) const;
  [[nodiscard]] std::uint64_t bytes_with_room(std::uint64_t rows, const Trace::Facts& facts) const;
  template <class Table, class Value>
  auto intern(Table& table, const Value& value, std::size_t bytes);  // what is new there takes table_bytes_
  [[nodiscard]] std::vector<std::uint32_t> intern_names(NameTable& table, std::span<const std::string_view> names);
  void put_rows(const Trace::Facts& facts);
  [[nodiscard]] Result<Trace> finish_unended(std::uint64_t offset, std::uint64_t* lost) &&;
  [[nodiscard]] std::optional<Error> order_rows(std::uint64_t offset);
  [[nodiscard]] std::optional<Error> find_stray_thread(std::uint64_t offset) const;
  [[nodiscard]] std::uint64_t bytes_of_accounts() const;
  void settle_accounts(std::uint64_t* lost);
  void enter_loss(ThreadId thread, std::uint64_t spans);
  void settle_losses();
  void sum_durations();

  std::uint64_t limit_;
  std::uint64_t expected_rows_ = 0;
  std::uint64_t table_bytes_ = 0;  // of names and signatures
  std::uint64_t state_bytes_ = 0;  // of the last state
  std::uint64_t chunk_bytes_ = 0;  // of the largest chunk of rows, decoded: its memory is used again
  Trace trace_;
  RttRows rows_;
  std::vector<std::size_t> chunk_ends_;  // in rows
  bool all_ordered_ = true;
  std::uint32_t threads_of_rows_ = 0;      // one more than the largest index
  std::optional<std::int64_t> first_gap_;  // begin of the row before it; 0 without one
  std::optional<std::int64_t> gap_end_;    // of the last: begin of the row after it; without one as before it
  bool gap_is_last_ = false;               // nothing came after it so far
  std::optional<End> end_;
};

}  // namespace ringtail::inline v1

// format/json_assembler.h
//
// Makes a Trace of the facts of a JSON file, in whatever order the keys come.
//
// Shape    Knows nothing of JSON: the walker has checked types, ranges and keys and says which slot a value is for.
// Errors   False: problem() says what was expected and found there, problem_code() of which sort it is.
// Cost     Nothing is allocated per entry but the trace's own columns; an entry's shapes are built in reused memory.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "format/json_schema.h"
#include "ringtail/base/result.h"
#include "ringtail/trace/trace.h"

namespace ringtail::inline v1 {

class TraceAssembler {
 public:
  TraceAssembler() = default;
  // Goes on behind rows that were read by other means; `largest_thread` is the largest thread index among them.
  void begin_with(Trace rows, std::optional<ThreadId> largest_thread);

  [[nodiscard]] bool begin(Slot slot);
  [[nodiscard]] bool end(Slot slot);
  [[nodiscard]] bool unsigned_value(Slot slot, std::uint64_t value, std::uint64_t offset);
  void signed_value(Slot slot, std::int64_t value);
  void number(Slot slot, double value);
  [[nodiscard]] bool text(Slot slot, std::string_view value);
  void truth(Slot slot, bool value);

  // Before the text of a metadata value. False if there is a value for the key already.
  [[nodiscard]] bool metadata_key(std::string_view key);

  // A thread index that the file's own table of threads does not have, once the file is read.
  struct StrayThread {
    std::uint64_t offset = 0;
    std::string path;
    std::string problem;
  };
  [[nodiscard]] std::optional<StrayThread> find_stray_thread() const;

  [[nodiscard]] const std::string& problem() const { return problem_; }
  [[nodiscard]] ErrorCode problem_code() const { return problem_code_; }
  [[nodiscard]] Trace take_trace() { return std::move(trace_); }

 private:
  bool refuse(std::string problem, ErrorCode code = ErrorCode::kMalformed);
  bool end_entry();
  void note_thread(Slot slot, std::uint64_t thread, std::uint64_t offset);
  OpId intern_op(std::string_view name) { return OpId{trace_.op_names().intern(name)}; }
  DeviceId intern_device(std::string_view name) { return DeviceId{trace_.device_names().intern(name)}; }

  Trace trace_;
  std::string problem_;
  ErrorCode problem_code_ = ErrorCode::kMalformed;

  // The entry being read.
  Trace::Row row_;
  std::uint64_t elements_ = 0;
  std::uint64_t bytes_ = 0;
  bool shapes_dropped_ = false;
  SignatureBuilder inputs_;
  std::size_t input_count_ = 0;
  std::vector<std::uint64_t> input_;
  std::vector<std::uint64_t> output_;

  std::string* metadata_value_ = nullptr;

  // The largest thread index, to be compared with the table that may come last.
  bool has_thread_table_ = false;
  bool has_thread_ = false;
  std::uint64_t largest_thread_ = 0;
  std::uint64_t largest_thread_offset_ = 0;
  Slot largest_thread_slot_ = Slot::kThread;
  std::size_t largest_thread_at_ = 0;  // position in its list
};

}  // namespace ringtail::inline v1

// format/json_walker.h
//
// Follows a JSON text through the table of json_schema.h as Boost.JSON's parser reports it, event by event:
// checks keys, types and ranges, skips what the table does not know, and hands every fact to the assembler.
//
// Shape    The handler of a boost::json::basic_parser; its members named on_... are what that requires. A value is
//          reported in parts where a block ends in it, so parts are collected in reused memory.
// Errors   An event gives false: message() and place() say what and where; the error code only stops the parser.
#pragma once

#include <array>
#include <boost/json/basic_parser.hpp>
#include <cstdint>
#include <limits>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "format/json_assembler.h"
#include "format/json_schema.h"
#include "format/token_locator.h"
#include "ringtail/base/result.h"

namespace ringtail::inline v1 {

class JsonWalker {
 public:
  using Code = boost::json::error_code;
  using Text = boost::json::string_view;

  // NOLINTBEGIN(readability-identifier-naming)
  static constexpr std::size_t max_array_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_object_size = max_array_size;
  static constexpr std::size_t max_string_size = max_array_size;
  static constexpr std::size_t max_key_size = max_array_size;
  // NOLINTEND(readability-identifier-naming)

  bool on_document_begin(Code&) { return true; }
  bool on_document_end(Code&) { return true; }
  bool on_object_begin(Code& code) { return check(begin_container(Kind::kObject), code); }
  bool on_object_end(std::size_t, Code& code) { return check(end_container(), code); }
  bool on_array_begin(Code& code) { return check(begin_container(Kind::kArray), code); }
  bool on_array_end(std::size_t, Code& code) { return check(end_container(), code); }
  bool on_key_part(Text part, std::size_t, Code&) { return collect_key(part); }
  bool on_key(Text last, std::size_t, Code& code);
  bool on_string_part(Text part, std::size_t, Code&) { return collect_string(part); }
  bool on_string(Text last, std::size_t, Code& code);
  bool on_number_part(Text part, Code& code) { return check(collect_number(part), code); }
  bool on_int64(std::int64_t value, Text last, Code& code);
  bool on_uint64(std::uint64_t value, Text last, Code& code);
  bool on_double(double, Text last, Code& code);
  bool on_bool(bool value, Code& code) { return check(truth(value), code); }
  bool on_null(Code& code) { return check(null(), code); }
  bool on_comment_part(Text, Code&) { return true; }
  bool on_comment(Text, Code&) { return true; }

  [[nodiscard]] TokenLocator& locator() { return locator_; }
  [[nodiscard]] TraceAssembler& assembler() { return assembler_; }

  // "$.entries[3].step": the value that the walk is in, or that it came past last.
  [[nodiscard]] std::string path() const;

  // What an event that gave false found wrong; where, if the token's place is known without the locator.
  struct Failure {
    ErrorCode code = ErrorCode::kMalformed;
    std::string message;  // with the path
    std::optional<std::uint64_t> offset;
  };
  [[nodiscard]] const std::optional<Failure>& failure() const { return failure_; }

 private:
  // A container that the table knows and the walk is in.
  struct Frame {
    const Form* form = nullptr;
    const Rule* rule = nullptr;  // of the value at hand; null when its key is unknown, or before the first
    Slot slot = Slot::kTrace;    // the container's own
    std::uint64_t seen = 0;      // kFields: a bit per rule
    std::uint64_t count = 0;     // kList: elements begun. kFields: position of the rule expected next
    bool has_key = false;
    std::string key;                             // of the value at hand, where no rule has it
    std::set<std::string, std::less<>> unknown;  // kFields: keys met that no rule has
  };

  static bool check(bool fine, Code& code) {
    if (!fine) code = boost::json::error::exception;  // any code: failure() tells more
    return fine;
  }

  bool begin_container(Kind kind);
  bool end_container();
  bool collect_key(Text part);
  bool collect_string(Text part);
  bool collect_number(Text part);
  bool finish_number(Text last);
  bool end_number(bool fine, Code& code);
  void accept_string(Text last);
  bool key(std::string_view name);
  bool text(std::string_view value);
  bool integer(std::uint64_t magnitude);
  bool number();
  bool truth(bool value);
  bool null();

  [[nodiscard]] Frame& top() { return frames_[depth_ - 1]; }
  [[nodiscard]] const Rule* current_rule() const;  // of the value that begins; null: it is to be ignored
  const Rule* begin_value();                       // the same, and counts it
  bool mismatch(const Rule& rule, std::string_view found);
  bool out_of_range(const Rule& rule);
  bool refuse(std::string_view problem, ErrorCode code = ErrorCode::kMalformed);
  bool assembled(bool fine) { return fine || refuse(assembler_.problem(), assembler_.problem_code()); }

  TraceAssembler assembler_;
  TokenLocator locator_;
  std::array<Frame, kDeepestForm> frames_;
  std::size_t depth_ = 0;
  std::size_t ignored_ = 0;  // containers open inside an ignored value, itself included
  std::string parts_;        // of a key, string or number that a block's end or an escape cut
  std::string_view number_;  // the whole number at hand; meaningless when ignored
  bool in_number_ = false;
  std::size_t number_bytes_ = 0;
  std::uint64_t number_offset_ = 0;
  std::optional<Failure> failure_;
};

}  // namespace ringtail::inline v1

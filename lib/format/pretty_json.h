// format/pretty_json.h
//
// Writes JSON as serde_json's pretty printer does: two-space indent, one element a line, [] and {} where empty.
//
//     PrettyJson json(out);
//     json.begin_object();
//     json.key("step");
//     json.value(std::uint64_t{7});
//     json.end_object();
//
// Shape    Appends to a string that the caller may empty at any time: nothing already written is looked at again.
// Errors   Requires: calls that make one JSON document. Strings may be any bytes (utf8.h); doubles are finite.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace ringtail::inline v1 {

// `text` as a JSON string with its quotes: ", \ and control characters escaped, invalid UTF-8 as U+FFFD.
void append_json_string(std::string& out, std::string_view text);

class PrettyJson {
 public:
  explicit PrettyJson(std::string& out) : out_(out) {}

  void begin_object() { open('{'); }
  void end_object() { close('}'); }
  void begin_array() { open('['); }
  void end_array() { close(']'); }

  void key(std::string_view name);

  void value(std::uint64_t number);
  void value(std::int64_t number);
  void value(double number);
  void value(std::string_view text);
  void value(const char* text) { value(std::string_view(text)); }
  void value(bool truth);
  void null();

 private:
  void open(char bracket);
  void close(char bracket);
  void before_value();  // the comma and line break that an element of an array needs
  void next_line();

  std::string& out_;
  std::size_t depth_ = 0;
  bool empty_ = true;      // nothing stands in the innermost container
  bool after_key_ = true;  // the next value belongs to a key, or is the document
};

}  // namespace ringtail::inline v1

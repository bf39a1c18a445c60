// tools/ringtail/json_writer.h
//
// JSON results, indented by two spaces, as they are computed.
//
//     JsonWriter json(out);
//     json.open_object();
//     json.member("count", std::uint64_t{3});
//     json.key("steps"); json.open_array(JsonWriter::kOneLine); json.value(std::uint64_t{0});
//     json.close_array(); json.close_object();
//
// Text     What is not printable (printable.h) as \uNNNN, so that none of it reaches a terminal; bytes that are no
//          UTF-8 as U+FFFD; the rest as it is.
// Keys     One that its object has already, as names that differ in such bytes may be, becomes "KEY (2)",
//          "KEY (3)", ...
// Numbers  Shortest text that reads back the same, integral doubles with ".0"; NaN and infinities as null.
#pragma once

#include <cstddef>
#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace ringtail::cli {

class JsonWriter {
 public:
  enum Layout : bool { kLines, kOneLine };

  explicit JsonWriter(std::ostream& out) : out_(out) {}

  void open_object() { open('{', kLines); }
  void close_object() { close('}'); }
  void open_array(Layout layout = kLines) { open('[', layout); }
  void close_array() { close(']'); }

  void key(std::string_view name);

  void null();
  void value(std::string_view text);
  void value(const char* text) { value(std::string_view(text)); }
  void value(std::uint64_t number);
  void value(std::int64_t number);
  void value(double number);
  void value(bool truth);

  template <class T>
  void member(std::string_view name, const T& content) {
    key(name);
    value(content);
  }

 private:
  struct Level {
    Layout layout;
    bool empty = true;
    std::unordered_map<std::string, std::uint64_t> times_of_key = {};
  };

  void open(char bracket, Layout layout);
  void close(char bracket);
  void separate();  // comma, newline and indent before the next value or key
  [[nodiscard]] std::string distinct(std::string key);

  std::ostream& out_;
  std::vector<Level> levels_;
  bool after_key_ = false;
};

}  // namespace ringtail::cli

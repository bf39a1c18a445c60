// ringtail/base/result.h
//
// A value, or the one line that says why there is none. For files and arguments; the record path never fails.
//
//     Result<Trace> trace = read_json(stream);
//     if (!trace.ok()) return complain(trace.error());
//     use(trace.value());
#pragma once

#include <cassert>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace ringtail::inline v1 {

enum class ErrorCode {
  kMalformed,    // the input is not what its format allows
  kIo,           // the operating system refused to open, read or write
  kUnsupported,  // well-formed, but more than this build or format can hold
  kInvalid,      // an argument or option out of its range
  kNoMemory,     // there was none left
};

// `message` is one line without a newline: "WHERE: what was expected, what was found", or only the latter
// where there is no place to name. Bytes of the input quoted in it are printable (see quoted()).
struct Error {
  ErrorCode code = ErrorCode::kInvalid;
  std::string message;
};

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}      // NOLINT(google-explicit-constructor)
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT(google-explicit-constructor)

  [[nodiscard]] bool ok() const { return state_.index() == 0; }

  // Requires: ok().
  [[nodiscard]] T& value() & { return assert(ok()), std::get<0>(state_); }
  [[nodiscard]] const T& value() const& { return assert(ok()), std::get<0>(state_); }
  [[nodiscard]] T&& value() && { return assert(ok()), std::move(std::get<0>(state_)); }

  // Requires: !ok().
  [[nodiscard]] const Error& error() const { return assert(!ok()), std::get<1>(state_); }

 private:
  std::variant<T, Error> state_;
};

// Success without a value.
struct Done {};
using Status = Result<Done>;

// `text` between double quotes as it may stand in a message: control characters, DEL and bytes outside ASCII
// as \xNN, quotes and backslashes escaped, cut after `limit` bytes.
[[nodiscard]] std::string quoted(std::string_view text, std::size_t limit = 40);

}  // namespace ringtail::inline v1

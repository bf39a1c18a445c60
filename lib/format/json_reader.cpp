// Feeds Boost.JSON's event parser (json_walker.h is its handler) block by block, and turns what stopped it
// into one line that says where.
#include "format/json_reader.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json/basic_parser_impl.hpp>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <istream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "format/canonical_reader.h"
#include "format/json_walker.h"
#include "format/stream_error.h"
#include "ringtail/format/json.h"

namespace ringtail::inline v1 {
namespace {

constexpr std::size_t kBlockBytes = 64 * 1024;

// Boost.JSON unescapes strings in a buffer of BOOST_JSON_STACK_BUFFER_SIZE bytes and takes as many from each piece
// that it is fed. Of a character or escape that two pieces share, up to three more come out than went in, and it
// writes past the buffer's end (boostorg/json issue 876; 1.81 has it). Smaller pieces leave room for them.
constexpr std::size_t kPieceBytes = BOOST_JSON_STACK_BUFFER_SIZE - 8;

Error error_at(std::uint64_t offset, std::string_view message, ErrorCode code = ErrorCode::kMalformed) {
  return {code, "byte " + std::to_string(offset) + ": " + std::string(message)};
}

// What stands where the parser gave up. Only the token's first byte is sure to be the same for all blocks.
std::string text_of(const TokenLocator::Place& place) {
  using What = TokenLocator::Place::What;
  if (place.what == What::kString) return "a malformed string";
  const bool is_number = (place.byte >= '0' && place.byte <= '9') || place.byte == '-';
  if (place.what == What::kScalar && is_number) return "a malformed number";
  return quoted(std::string_view(&place.byte, 1));
}

class BlockReader {
 public:
  BlockReader() = default;
  BlockReader(Trace rows, std::optional<ThreadId> largest_thread) {
    assembler().begin_with(std::move(rows), largest_thread);
  }

  // Takes the input's next bytes. False: there is an error().
  [[nodiscard]] bool feed(std::string_view block) {
    for (; !block.empty(); block.remove_prefix(std::min(block.size(), kPieceBytes))) {
      if (!parse(block.substr(0, kPieceBytes), true)) return false;
    }
    return true;
  }

  // The input has ended. Nothing but error() may be called afterwards.
  [[nodiscard]] Result<Trace> finish() {
    if (!parse("", false)) return error_;
    if (const auto stray = assembler().find_stray_thread()) {
      return error_at(stray->offset, stray->path + ": " + stray->problem);
    }
    return assembler().take_trace();
  }

  [[nodiscard]] const Error& error() const { return error_; }

 private:
  JsonWalker& walker() { return parser_.handler(); }
  TokenLocator& locator() { return walker().locator(); }
  TraceAssembler& assembler() { return walker().assembler(); }

  bool parse(std::string_view block, bool more) {
    locator().begin_block(block);
    boost::json::error_code code;
    const std::size_t consumed = parser_.write_some(more, block.data(), block.size(), code);
    if (!code && consumed == block.size()) {
      locator().end_block();
      bytes_ += block.size();
      return true;
    }
    error_ = describe(code, locator().locate(block.data() + consumed), more);
    return false;
  }

  Error describe(boost::json::error_code code, const TokenLocator::Place& place, bool more) {
    if (const auto& failure = walker().failure()) {
      return error_at(failure->offset.value_or(place.offset), failure->message, failure->code);
    }
    if (!code) return error_at(place.offset, "$: expected nothing after the trace, found " + text_of(place));
    const std::string path = walker().path();
    if (!more) {
      return error_at(bytes_, path + ": expected more, found the end of the file");
    }
    if (code == boost::json::error::too_deep) {
      return error_at(place.offset, path + ": expected at most 32 levels of nesting, found more");
    }
    if (code == boost::json::error::exponent_overflow) {
      return error_at(place.offset, path + ": expected an exponent of at most 32 bits, found a larger one");
    }
    return error_at(place.offset, path + ": expected valid JSON, found " + text_of(place));
  }

  boost::json::basic_parser<JsonWalker> parser_{boost::json::parse_options{}};  // 32 levels, nothing but JSON
  std::uint64_t bytes_ = 0;
  Error error_;
};

// Nothing also where the file cannot be opened or read: the general reader says why.
std::optional<Trace> read_canonical_file(const std::string& path) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return std::nullopt;
  std::optional<Trace> trace;
  struct stat facts = {};
  const bool is_regular = fstat(file, &facts) == 0 && S_ISREG(facts.st_mode);
  if (is_regular) trace = read_canonical(JsonSource(file, static_cast<std::uint64_t>(facts.st_size)));
  close(file);
  return trace;
}

}  // namespace

Result<Trace> read_json_in_blocks(std::istream& in, std::size_t block_bytes) {
  BlockReader reader;
  std::vector<char> block(block_bytes);
  std::uint64_t bytes = 0;
  while (in.good()) {
    in.read(block.data(), static_cast<std::streamsize>(block.size()));
    const auto count = static_cast<std::size_t>(in.gcount());
    bytes += count;
    if (!reader.feed({block.data(), count})) return reader.error();
  }
  if (!in.eof()) return read_failure(bytes);
  return reader.finish();
}

std::optional<Trace> read_json_behind(Trace rows, std::optional<ThreadId> largest_thread, std::string_view rest) {
  BlockReader reader(std::move(rows), largest_thread);
  if (!reader.feed("{\"entries\":[") || !reader.feed(rest)) return std::nullopt;
  Result<Trace> trace = reader.finish();
  if (!trace.ok()) return std::nullopt;
  return std::move(trace).value();
}

Result<Trace> read_json(std::istream& in) { return read_json_in_blocks(in, kBlockBytes); }

Result<Trace> read_json(std::string_view text) {
  if (std::optional<Trace> trace = read_canonical(JsonSource(text))) return *std::move(trace);
  BlockReader reader;
  if (!reader.feed(text)) return reader.error();
  return reader.finish();
}

Result<Trace> read_json_file(const std::string& path) {
  std::error_code ignored;  // what cannot be asked cannot be opened either
  if (std::filesystem::is_directory(path, ignored)) {
    return Error{ErrorCode::kIo, "expected a file, found a directory"};
  }
  if (std::filesystem::is_regular_file(path, ignored)) {
    if (std::optional<Trace> trace = read_canonical_file(path)) return *std::move(trace);
  }
  errno = 0;
  std::ifstream in(path, std::ios::binary);
  if (!in) return Error{ErrorCode::kIo, std::string("expected to open it, found: ") + std::strerror(errno)};
  return read_json(in);
}

}  // namespace ringtail::inline v1

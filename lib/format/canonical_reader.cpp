#include "format/canonical_reader.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "format/canonical_entries.h"
#include "format/json_reader.h"
#include "format/parallel.h"

namespace ringtail::inline v1 {
namespace {

constexpr std::string_view kHead = "{\n  \"entries\": [\n";
constexpr std::string_view kBetween = "\n    },\n    {";  // of two entries; no string holds a line break
constexpr std::size_t kBetweenEntry = 8;                  // of these, up to the second entry
constexpr std::string_view kListEnd = "\n  ]";
constexpr std::uint64_t kBytesPerPart = 1024 * 1024;  // a thread takes some 50 us to start, reading so much 1 ms
constexpr std::size_t kWindow = 64 * 1024;            // in which a place to cut is looked for

// The entries of a part of the file. The file's last part ends with the list, others with the comma before the next
// one.
class Part {
 public:
  Part(const JsonSource& source, std::uint64_t begin, std::uint64_t end, std::size_t block_bytes)
      : source_(source), begin_(begin), next_(begin), end_(end), room_(block_bytes) {}

  // False: the part is not to the letter.
  [[nodiscard]] bool read() {
    buffer_ = std::make_unique_for_overwrite<char[]>(room_ + CanonicalEntries::kPadding);
    at_ = limit_ = buffer_.get();
    const bool fine = refill() && read_entries();
    entries.finish();
    buffer_.reset();
    return fine;
  }

  CanonicalEntries entries;

  // Where the list ends. Requires: read() gave true, and it was the last part.
  [[nodiscard]] std::uint64_t list_end() const { return list_end_; }

 private:
  static constexpr std::ptrdiff_t kBehindEntry = 4;  // what tells whether another one follows

  [[nodiscard]] bool is_last() const { return end_ == source_.size(); }

  bool read_entries() {
    while (true) {
      const char* const behind = entries.read(at_);
      if (behind == nullptr) {
        if (!refill()) return false;
        continue;
      }
      at_ = behind;
      if (limit_ - at_ < kBehindEntry && next_ < end_ && !refill()) return false;
      if (at_[0] != ',' || at_[1] != '\n') break;
      at_ += 2;
      if (at_ == limit_ && next_ == end_) return !is_last();
    }
    list_end_ = next_ - static_cast<std::uint64_t>(limit_ - at_);
    return is_last() && std::memcmp(at_, kListEnd.data(), kListEnd.size()) == 0;
  }

  // Reads on behind what is left of the block. False: there is no more, or no room for more.
  bool refill() {
    const auto left = static_cast<std::size_t>(limit_ - at_);
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(room_ - left, end_ - next_));
    if (count == 0) return false;
    reserve_rows(next_ - left - begin_);
    std::memmove(buffer_.get(), at_, left);
    at_ = buffer_.get();
    if (!source_.read(next_, buffer_.get() + left, count)) return false;
    next_ += count;
    limit_ = at_ + left + count;
    // The reader of entries stops at these.
    std::memset(buffer_.get() + left + count, 0, CanonicalEntries::kPadding);
    return true;
  }

  // Once there are some, their size tells how many rows to expect.
  void reserve_rows(std::uint64_t bytes_read) {
    if (reserved_ || entries.rows.empty()) return;
    reserved_ = true;
    const double share = static_cast<double>(end_ - begin_) / static_cast<double>(bytes_read);
    entries.rows.reserve(static_cast<std::size_t>(share * 1.02 * static_cast<double>(entries.rows.size())));
  }

  const JsonSource& source_;
  const std::uint64_t begin_;
  std::uint64_t next_;  // to be read into the block
  const std::uint64_t end_;
  const std::size_t room_;
  std::unique_ptr<char[]> buffer_;
  const char* at_ = nullptr;
  const char* limit_ = nullptr;
  std::uint64_t list_end_ = 0;
  bool reserved_ = false;
};

// Where the parts begin: at the first entry, and at the first one behind each n-th of the file.
std::vector<std::uint64_t> cut_file(const JsonSource& source, std::size_t parts) {
  std::vector<std::uint64_t> begins{kHead.size()};
  std::string window;
  for (std::size_t i = 1; i < parts; ++i) {
    const std::uint64_t from = std::max(begins.back(), source.size() / parts * i);
    window.resize(static_cast<std::size_t>(std::min<std::uint64_t>(kWindow, source.size() - from)));
    const std::size_t found =
        source.read(from, window.data(), window.size()) ? window.find(kBetween) : std::string::npos;
    if (found != std::string::npos) begins.push_back(from + found + kBetweenEntry);
  }
  return begins;
}

// What the ids of a part are in the whole trace.
struct FinalIds {
  std::vector<OpId> ops;
  std::vector<DeviceId> devices;
  std::vector<ShapesId> shapes;
};

// False: a name is no JSON string.
template <class Id>
bool intern_names(const NameTable& raw, NameTable& names, std::vector<Id>& ids) {
  ids.reserve(raw.size());
  for (std::uint32_t id = 0; id < raw.size(); ++id) {
    const std::optional<std::string> name = decode_name(raw.at(id));
    if (!name) return false;
    ids.push_back(Id{names.intern(*name)});
  }
  return true;
}

Trace::Facts facts_of(const std::vector<Part>& parts) {
  Trace::Facts facts;
  for (const Part& part : parts) {
    const Trace::Columns& columns = part.entries.rows.columns();
    facts.largest_step = std::max(facts.largest_step, part.entries.largest_step);
    facts.output_elements |= !columns.output_elements.empty();
    facts.memory_bytes |= !columns.memory_bytes.empty();
    facts.begin_ns |= !columns.begin_ns.empty();
    facts.thread |= !columns.thread.empty();
    facts.depth |= !columns.depth.empty();
    facts.queue_delay_ns |= !columns.queue_delay_ns.empty();
    facts.lost_before |= !columns.lost_before.empty();
    facts.weight |= !columns.weight.empty();
  }
  return facts;
}

// Writes the rows of a part to `to` from row `first` on.
void write_rows(const Trace& part, const FinalIds& ids, const SignatureTable& signatures, const Trace::NewRows& to,
                std::size_t first) {
  const Trace::Columns& from = part.columns();
  const std::size_t count = part.size();
  const auto each = [&](auto value_of, const auto& column) {
    if (column.empty()) return;
    for (std::size_t row = 0; row < count; ++row) column[first + row] = value_of(row);
  };
  const auto id_of = [](auto id, const auto& of) { return of[index_of(id)]; };
  each([&](std::size_t row) { return id_of(from.op[row], ids.ops); }, to.op);
  each(
      [&](std::size_t row) {
        return from.device[row] == kNoDevice ? kNoDevice : id_of(from.device[row], ids.devices);
      },
      to.device);
  each([&](std::size_t row) { return id_of(from.shapes[row], ids.shapes); }, to.shapes);
  each([&](std::size_t row) { return from.duration_us[row]; }, to.duration_us);
  for (std::size_t row = 0; row < count; ++row) to.step.set(first + row, from.step[row]);
  each(
      [&](std::size_t row) {
        return from.output_elements.empty() ? signatures.elements(to.shapes[first + row]) : from.output_elements[row];
      },
      to.output_elements);
  each(
      [&](std::size_t row) {
        return from.memory_bytes.empty() ? signatures.bytes(to.shapes[first + row]) : from.memory_bytes[row];
      },
      to.memory_bytes);
  each([&](std::size_t row) { return from.begin_ns.at(row); }, to.begin_ns);
  each([&](std::size_t row) { return from.thread.at(row); }, to.thread);
  each([&](std::size_t row) { return from.depth.at(row); }, to.depth);
  each([&](std::size_t row) { return from.queue_delay_ns.at(row); }, to.queue_delay_ns);
  each([&](std::size_t row) { return from.lost_before.at(row); }, to.lost_before);
  each([&](std::size_t row) { return from.weight.at(row); }, to.weight);
}

// The rows of all parts, which are empty afterwards. Nothing: a name is no JSON string.
std::optional<Trace> join(std::vector<Part>& parts) {
  Trace trace;
  std::vector<FinalIds> ids(parts.size());
  std::vector<std::size_t> first_rows;
  std::size_t rows = 0;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    CanonicalEntries& entries = parts[i].entries;
    if (!intern_names(entries.raw_ops, trace.op_names(), ids[i].ops)) return std::nullopt;
    if (!intern_names(entries.raw_devices, trace.device_names(), ids[i].devices)) return std::nullopt;
    if (i == 0) {
      trace.signatures() = std::move(entries.rows.signatures());
      ids[i].shapes.resize(trace.signatures().size());
      for (std::uint32_t id = 0; id < trace.signatures().size(); ++id) ids[i].shapes[id] = ShapesId{id};
    } else {
      ids[i].shapes = trace.signatures().intern_all(entries.rows.signatures());
    }
    first_rows.push_back(rows);
    rows += entries.rows.size();
  }
  const Trace::NewRows to = trace.add_rows(rows, facts_of(parts));
  in_parallel(parts.size(), [&](std::size_t i) {
    write_rows(parts[i].entries.rows, ids[i], trace.signatures(), to, first_rows[i]);
    parts[i].entries = CanonicalEntries();
  });
  return trace;
}

std::optional<Trace> read_in_parts(const JsonSource& source, const CanonicalCut& cut) {
  std::string text(std::min<std::uint64_t>(kHead.size(), source.size()), '\0');
  if (!source.read(0, text.data(), text.size()) || text != kHead) return std::nullopt;
  const std::size_t wanted =
      cut.parts != 0
          ? cut.parts
          : std::min<std::size_t>(thread_count(), static_cast<std::size_t>(source.size() / kBytesPerPart) + 1);
  std::vector<std::uint64_t> bounds = cut_file(source, wanted);
  bounds.push_back(source.size());
  std::vector<Part> parts;
  parts.reserve(bounds.size());
  for (std::size_t i = 0; i + 1 < bounds.size(); ++i) {
    parts.emplace_back(source, bounds[i], bounds[i + 1], cut.block_bytes);
  }
  std::vector<char> fine(parts.size());
  in_parallel(parts.size(), [&](std::size_t i) { fine[i] = parts[i].read() ? 1 : 0; });
  if (std::ranges::find(fine, 0) != fine.end()) return std::nullopt;

  std::optional<ThreadId> largest_thread;
  for (const Part& part : parts) largest_thread = std::max(largest_thread, part.entries.largest_thread);
  const std::uint64_t rest = parts.back().list_end() + kListEnd.size() - 1;  // the general reader wants the bracket
  std::optional<Trace> trace = join(parts);
  if (!trace) return std::nullopt;
  text.resize(static_cast<std::size_t>(source.size() - rest));
  if (!source.read(rest, text.data(), text.size())) return std::nullopt;
  return read_json_behind(*std::move(trace), largest_thread, text);
}

}  // namespace

std::optional<Trace> read_canonical(const JsonSource& source, const CanonicalCut& cut) {
  try {
    return read_in_parts(source, cut);
  } catch (const std::bad_alloc&) {
    return std::nullopt;  // the general reader holds the rows only once
  }
}

}  // namespace ringtail::inline v1

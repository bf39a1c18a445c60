#include <algorithm>
#include <cmath>
#include <string>

#include "format/rtt_columns.h"
#include "format/rtt_duration.h"
#include "format/rtt_layout.h"
#include "format/rtt_rows.h"

namespace ringtail::inline v1 {
namespace {

constexpr std::uint32_t kAllFacts = kHasBytes * 2 - 1;
constexpr std::uint64_t kMost16 = 0xFFFF;
constexpr std::uint64_t kMost32 = 0xFFFF'FFFF;

void read_names(ByteReader& in, std::size_t rows, std::string_view what, std::vector<std::string_view>& names) {
  names.clear();
  const std::uint64_t count = in.count(rows, what);  // none is there that no row has
  names.reserve(static_cast<std::size_t>(count));
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) names.push_back(in.name());
}

void read_signature(ByteReader& in, RttRows& rows) {
  const std::uint64_t element_bytes = in.count(kMost32, "bytes in an element");
  const std::uint64_t inputs = in.count(kMostSignatureWords, "input shapes");
  const std::uint64_t outputs = in.count(1, "output shapes");
  const std::size_t begin = rows.signature_words.size();
  rows.signature_words.push_back(element_bytes | inputs << 32U | outputs << 63U);
  for (std::uint64_t shape = inputs + outputs; shape > 0 && in.ok(); --shape) {
    const std::size_t words = rows.signature_words.size() - begin;  // with one that is no shape or dimension
    const std::size_t at = in.at();
    if (words > kMostSignatureWords) {
      in.fail(at, "at most " + std::to_string(kMostSignatureWords) + " shapes and dimensions", "more");
      return;
    }
    const std::uint64_t rank = in.count(kMostSignatureWords - words, "dimensions");
    rows.signature_words.push_back(rank);
    for (std::uint64_t axis = 0; axis < rank && in.ok(); ++axis) rows.signature_words.push_back(in.varint());
  }
  rows.signature_ends.push_back(rows.signature_words.size());
}

void read_kinds(ByteReader& in, std::size_t count, RttRows& rows, Column<std::uint64_t>& column) {
  const std::size_t begin = in.at();
  const std::uint64_t kinds = in.count(count, "kinds");
  if (kinds == 0) in.fail(begin, "at least one kind", "0");
  rows.kinds.assign(static_cast<std::size_t>(kinds), RttKind{});
  column.resize(rows.kinds.size());
  const auto read = [&]<class T>(T RttKind::*member, std::uint64_t most, std::string_view what) {
    if (!in.ok()) return;
    read_column(in, column, most, what);
    if (!in.ok()) return;
    for (std::size_t i = 0; i < column.size(); ++i) rows.kinds[i].*member = static_cast<T>(column[i]);
  };
  const auto has = [&](RttFact fact) { return (rows.facts & fact) != 0; };
  if (rows.ops.empty()) in.fail(in.at(), "at least one op", "0");
  read(&RttKind::op, rows.ops.size() - 1, "numbers of ops");
  read(&RttKind::device, rows.devices.size(), "numbers of devices");
  read(&RttKind::shapes, kReservedShapes + rows.signature_ends.size() - 1, "numbers of signatures");
  if (has(kHasThread)) read(&RttKind::thread, kMost32, "threads");
  if (has(kHasDepth)) read(&RttKind::depth, kMost16, "depths");
  if (has(kHasWeight)) {
    const std::size_t at = in.at();
    read(&RttKind::weight, kMost32, "weights");
    const bool none = std::ranges::any_of(rows.kinds, [](const RttKind& kind) { return kind.weight == 0; });
    if (none) in.fail(at, "weights of at least 1", "0");
  }
  if (has(kHasElements)) read(&RttKind::elements, UINT64_MAX, "elements");
  if (has(kHasBytes)) read(&RttKind::bytes, UINT64_MAX, "bytes");
}

void read_durations(ByteReader& in, std::size_t count, RttRows& rows, Column<std::uint64_t>& column) {
  rows.duration_us.resize(count);
  const std::size_t at = in.at();
  const auto form = in.fixed<DurationForm>("byte of the durations' form");
  if (form == DurationForm::kDouble) {
    const std::span<const std::byte> bytes = in.take(count * sizeof(double), "bytes of durations");
    if (!in.ok()) return;
    std::memcpy(rows.duration_us.data(), bytes.data(), bytes.size());
    const bool finite = std::ranges::all_of(rows.duration_us, [](double us) { return std::isfinite(us); });
    if (!finite) in.fail(at, "finite durations", "one that is not");
  } else if (form == DurationForm::kNanoseconds || form == DurationForm::kThousandths) {
    column.resize(count);
    read_column(in, column);
    decode_durations(form, column, rows.duration_us);
  } else {
    in.fail(at, "durations of form 0, 1 or 2", std::to_string(static_cast<unsigned>(form)));
  }
}

void read_some(ByteReader& in, bool present, std::size_t count, RttRows::Some& some) {
  some.rows.clear();
  some.values.clear();
  if (!present || !in.ok()) return;
  const std::size_t at = in.at();
  const auto values = static_cast<std::size_t>(in.count(count, "rows that have it"));
  if (values != count) {
    some.rows.resize(values);
    read_column(in, some.rows, count - 1, "numbers of rows");
    const bool ascending = std::ranges::adjacent_find(some.rows, std::ranges::greater_equal{}) == some.rows.end();
    if (!ascending) in.fail(at, "ascending numbers of rows", "others");
  }
  some.values.resize(values);
  read_column(in, some.values);
}

void read_times(ByteReader& in, bool present, std::size_t count, RttRows::Some& some) {
  const std::size_t at = in.at();
  read_some(in, present, count, some);
  const bool has_none = std::ranges::find(some.values, static_cast<std::uint64_t>(kNoTime)) != some.values.end();
  if (has_none) in.fail(at, "times", "one that stands for none");
}

}  // namespace

std::optional<ContentProblem> decode_rows(std::span<const std::byte> contents, std::size_t count, RttRows& rows) {
  ByteReader in(contents);
  const std::size_t begin = in.at();
  const std::uint64_t facts = in.varint();
  if (facts > kAllFacts) in.fail(begin, "facts of at most " + std::to_string(kAllFacts), std::to_string(facts));
  rows.facts = static_cast<std::uint32_t>(facts);
  read_names(in, count, "ops", rows.ops);
  read_names(in, count, "devices", rows.devices);
  rows.signature_words.clear();
  rows.signature_ends.clear();
  const std::uint64_t signatures = in.count(count, "signatures");
  rows.signature_ends.reserve(static_cast<std::size_t>(signatures));
  if (signatures != 0 && rows.signature_words.capacity() < in.left()) {
    rows.signature_words = {};  // a word takes at least a byte, and growing would take the room thrice
    rows.signature_words.reserve(in.left());
  }
  for (std::uint64_t i = 0; i < signatures && in.ok(); ++i) read_signature(in, rows);
  Column<std::uint64_t>& column = rows.step;  // until it is read itself
  if (in.ok()) read_kinds(in, count, rows, column);
  if (!in.ok()) return in.problem();
  rows.kind_of_row.resize(count);
  read_column(in, rows.kind_of_row, rows.kinds.size() - 1, "numbers of kinds");
  read_durations(in, count, rows, column);
  rows.step.resize(count);
  read_column(in, rows.step);
  read_times(in, (facts & kHasBegin) != 0, count, rows.begin);
  read_times(in, (facts & kHasQueueDelay) != 0, count, rows.queue_delay);
  read_some(in, (facts & kHasLostBefore) != 0, count, rows.lost_before);
  in.end();
  return in.problem();
}

}  // namespace ringtail::inline v1

#include <algorithm>
#include <bit>
#include <string>

#include "format/rtt_columns.h"
#include "format/rtt_duration.h"
#include "format/rtt_layout.h"
#include "format/rtt_rows.h"

namespace ringtail::inline v1 {
namespace {

constexpr std::size_t kDefinitionBytes = std::size_t{1} << 20U;  // a chunk with more of them takes no further row
constexpr std::size_t kFewestSlots = 4096;                       // at most half of them are taken
constexpr std::uint32_t kMostMark = 0xFFFF;

std::size_t hash_of(const RttKind& kind) noexcept {
  const auto pair = [](std::uint32_t low, std::uint32_t high) { return low | std::uint64_t{high} << 32U; };
  // Odd constants of random bits; the upper bits of the sum depend on every bit below them.
  std::uint64_t hash = pair(kind.op, kind.shapes) * 0x9E37'79B9'7F4A'7C15ULL;
  hash = (hash ^ (hash >> 29U) ^ pair(kind.device, kind.thread)) * 0xBF58'476D'1CE4'E5B9ULL;
  hash = (hash ^ (hash >> 32U) ^ pair(kind.depth, kind.weight)) * 0x94D0'49BB'1331'11EBULL;
  hash = (hash ^ (hash >> 29U) ^ kind.elements ^ std::rotl(kind.bytes, 32)) * 0x9E37'79B9'7F4A'7C15ULL;
  return static_cast<std::size_t>(hash >> 32U);
}

// About as much as it takes in the chunk.
std::size_t bytes_of_definition(std::string_view name) { return name.size() + 4; }
std::size_t bytes_of_definition(Signature signature) { return signature.words().size() * 2; }

Error too_large(std::string_view what, std::size_t most, std::string_view unit, std::size_t found) {
  std::string text(what);
  text.append(": expected at most ").append(std::to_string(most)).append(unit).append(", found ");
  return {ErrorCode::kUnsupported, text.append(std::to_string(found))};
}

std::optional<Error> write_names(const NameTable& names, const LocalIds& used, std::string_view what,
                                 ByteWriter& out) {
  out.varint(used.size());
  for (const std::uint32_t id : used.ids()) {
    const std::string_view name = names.at(id);
    if (name.size() > kMostNameBytes) {
      return too_large(std::string(what) + " " + quoted(name), kMostNameBytes, " bytes", name.size());
    }
    out.name(name);
  }
  return std::nullopt;
}

}  // namespace

// Inline, so that a kind stays in registers: read back from memory it would wait for its own stores.
[[gnu::always_inline]] inline std::uint32_t RowsEncoder::number_of(const RttKind& kind) {
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t at = hash_of(kind) & mask;; at = (at + 1) & mask) {
    std::uint32_t& slot = slots_[at];
    if (slot >> 16U == mark_) {
      const std::uint32_t number = slot & 0xFFFFU;
      if (kinds_[number] == kind) return number;
    } else {
      const auto number = static_cast<std::uint32_t>(kinds_.size());
      slot = mark_ << 16U | number;
      kinds_.push_back(kind);
      if (kinds_.size() > slots_.size() / 2) grow_slots();
      return number;
    }
  }
}

void RowsEncoder::grow_slots() {
  std::vector<std::uint32_t> slots(std::max(kFewestSlots, slots_.size() * 2));
  mark_ = 1;
  for (std::uint32_t number = 0; number < kinds_.size(); ++number) {
    std::size_t at = hash_of(kinds_[number]) % slots.size();
    while (slots[at] != 0) at = (at + 1) % slots.size();
    slots[at] = mark_ << 16U | number;
  }
  slots_ = std::move(slots);
}

std::uint32_t RowsEncoder::facts_of(const Trace& trace, std::size_t first, std::size_t last) const {
  const Trace::Columns& c = trace.columns();
  std::uint32_t facts = 0;
  const auto look = [&](std::uint32_t fact, bool column, auto differs) {
    for (std::size_t row = first; column && row < last; ++row) {
      if (!differs(row)) continue;
      facts |= fact;
      return;
    }
  };
  look(kHasBegin, !c.begin_ns.empty(), [&](std::size_t row) { return c.begin_ns.at(row) != kNoTime; });
  look(kHasQueueDelay, !c.queue_delay_ns.empty(),
       [&](std::size_t row) { return c.queue_delay_ns.at(row) != kNoTime; });
  look(kHasLostBefore, !c.lost_before.empty(), [&](std::size_t row) { return c.lost_before.at(row) != 0; });
  look(kHasThread, !c.thread.empty(), [&](std::size_t row) { return c.thread.at(row) != kNoThread; });
  look(kHasDepth, !c.depth.empty(), [&](std::size_t row) { return c.depth.at(row) != 0; });
  look(kHasWeight, !c.weight.empty(), [&](std::size_t row) { return c.weight.at(row) != 1; });
  look(kHasElements, !c.output_elements.empty(),
       [&](std::size_t row) { return c.output_elements[row] != trace.signatures().elements(c.shapes[row]); });
  look(kHasBytes, !c.memory_bytes.empty(),
       [&](std::size_t row) { return c.memory_bytes[row] != trace.signatures().bytes(c.shapes[row]); });
  return facts;
}

std::size_t RowsEncoder::find_kinds(const Trace& trace, std::size_t first, std::size_t last, std::uint32_t facts) {
  const Trace::Columns& c = trace.columns();
  ops_.clear();
  devices_.clear();
  shapes_.clear();
  kinds_.clear();
  if (slots_.empty()) grow_slots();
  if (++mark_ > kMostMark) {
    std::ranges::fill(slots_, 0);
    mark_ = 1;
  }
  std::size_t definitions = 0;
  const auto local = [&](LocalIds& ids, std::uint32_t id, auto definition) {
    const std::size_t before = ids.size();
    const std::uint32_t number = ids.number_of(id);
    if (ids.size() != before) definitions += bytes_of_definition(definition());
    return number;
  };
  kind_of_row_.clear();
  for (std::size_t row = first; row < last && definitions < kDefinitionBytes; ++row) {
    RttKind kind;
    kind.op = local(ops_, index_of(c.op[row]), [&] { return trace.operation(c.op[row]); });
    const DeviceId device = c.device[row];
    if (device != kNoDevice)
      kind.device = 1 + local(devices_, index_of(device), [&] { return *trace.device(device); });
    kind.shapes = index_of(c.shapes[row]);
    if (kind.shapes >= kReservedShapes) {
      kind.shapes =
          kReservedShapes + local(shapes_, kind.shapes, [&] { return trace.signatures().at(c.shapes[row]); });
    }
    if ((facts & kHasThread) != 0) kind.thread = index_of(c.thread.at(row)) + 1;
    if ((facts & kHasDepth) != 0) kind.depth = c.depth.at(row);
    if ((facts & kHasWeight) != 0) kind.weight = c.weight.at(row);
    if ((facts & kHasElements) != 0) kind.elements = c.output_elements[row];
    if ((facts & kHasBytes) != 0) kind.bytes = c.memory_bytes[row];
    kind_of_row_.push_back(number_of(kind));
  }
  return kind_of_row_.size();
}

std::optional<Error> RowsEncoder::write_definitions(const Trace& trace, ByteWriter& out) const {
  if (auto error = write_names(trace.op_names(), ops_, "op", out)) return error;
  if (auto error = write_names(trace.device_names(), devices_, "device", out)) return error;
  out.varint(shapes_.size());
  for (const std::uint32_t id : shapes_.ids()) {
    const std::span<const std::uint64_t> words = trace.signatures().at(ShapesId{id}).words();
    if (words.size() - 1 > kMostSignatureWords) {
      return too_large("signature", kMostSignatureWords, " shapes and dimensions", words.size() - 1);
    }
    const Signature signature(words);
    out.varint(signature.element_bytes());
    out.varint(signature.input_count());
    out.varint(signature.has_output() ? 1 : 0);
    for (const std::uint64_t word : words.subspan(1)) out.varint(word);
  }
  return std::nullopt;
}

void RowsEncoder::write_kinds(ByteWriter& out, std::uint32_t facts) {
  const auto write = [&](auto RttKind::*member) {
    column_.clear();
    for (const RttKind& kind : kinds_) column_.push_back(kind.*member);
    write_column(out, column_);
  };
  out.varint(kinds_.size());
  write(&RttKind::op);
  write(&RttKind::device);
  write(&RttKind::shapes);
  if ((facts & kHasThread) != 0) write(&RttKind::thread);
  if ((facts & kHasDepth) != 0) write(&RttKind::depth);
  if ((facts & kHasWeight) != 0) write(&RttKind::weight);
  if ((facts & kHasElements) != 0) write(&RttKind::elements);
  if ((facts & kHasBytes) != 0) write(&RttKind::bytes);
}

void RowsEncoder::write_durations(std::span<const double> durations, ByteWriter& out) {
  column_.resize(durations.size());
  const DurationForm form = code_durations(durations, column_);
  out.fixed(form);
  if (form == DurationForm::kDouble) {
    out.append(std::as_bytes(durations));
  } else {
    write_column(out, column_);
  }
}

template <class Value, class Get>
void RowsEncoder::write_some(std::size_t rows, Value absent, Get get, ByteWriter& out) {
  column_.clear();
  rows_.clear();
  for (std::size_t row = 0; row < rows; ++row) {
    const Value value = get(row);
    if (value == absent) continue;
    rows_.push_back(row);
    column_.push_back(static_cast<std::uint64_t>(value));
  }
  out.varint(rows_.size());
  if (rows_.size() != rows) write_column(out, rows_);
  write_column(out, column_);
}

Result<std::size_t> RowsEncoder::encode(const Trace& trace, std::size_t first, ByteWriter& out) {
  const Trace::Columns& c = trace.columns();
  const std::size_t last = std::min(trace.size(), first + kMostChunkRows);
  const std::uint32_t facts = facts_of(trace, first, last);
  const std::size_t rows = find_kinds(trace, first, last, facts);
  out.varint(facts);
  if (auto error = write_definitions(trace, out)) return *std::move(error);
  write_kinds(out, facts);
  write_column(out, kind_of_row_);
  write_durations({c.duration_us.data() + first, rows}, out);
  column_.clear();
  for (std::size_t row = first; row < first + rows; ++row) column_.push_back(c.step[row]);
  write_column(out, column_);
  const auto write = [&](std::uint32_t fact, const auto& column, auto absent) {
    if ((facts & fact) == 0) return;
    write_some(
        rows, absent, [&](std::size_t row) { return column.at(first + row); }, out);
  };
  write(kHasBegin, c.begin_ns, kNoTime);
  write(kHasQueueDelay, c.queue_delay_ns, kNoTime);
  write(kHasLostBefore, c.lost_before, std::uint64_t{0});
  return rows;
}

}  // namespace ringtail::inline v1

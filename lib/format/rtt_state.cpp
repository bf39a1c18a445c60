// A state is written and read by the same visit, so both agree on the order of things by construction: visit_state()
// says what there is, Writer and Reader what becomes of it.
#include "format/rtt_state.h"

#include <algorithm>
#include <limits>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "format/rtt_columns.h"
#include "format/rtt_layout.h"

namespace ringtail::inline v1 {
namespace {

template <class Io, class T>
void visit_state(Io& io, T& trace) {
  io.optional(trace.origin, [&](auto& origin) {
    io.time(origin.monotonic);
    io.time(origin.realtime);
    io.name(origin.clock);
    io.list(origin.later, "pairs of times", [](auto&& list) {
      list.column(&WallClockPair::monotonic);
      list.column(&WallClockPair::realtime);
    });
  });
  io.map(trace.metadata);
  io.list(trace.threads, "threads", [](auto&& list) {
    list.names(&TraceThread::name);
    list.column(&TraceThread::os_id);
    list.column(&TraceThread::attempted);
    list.column(&TraceThread::recorded);
    list.column(&TraceThread::folded);
    list.column(&TraceThread::shapes_dropped);
    list.column(&TraceThread::clock_steps);
    list.column(&TraceThread::sampled_out);
    list.column(&TraceThread::held);
    list.column(&TraceThread::cpu);
    list.column(&TraceThread::blocked);
  });
  io.list(trace.folded, "folded totals", [](auto&& list) {
    list.column(&FoldedTotal::op);
    list.column(&FoldedTotal::device);
    list.column(&FoldedTotal::count);
    list.column(&FoldedTotal::duration);
    list.column(&FoldedTotal::bytes);
    list.column(&FoldedTotal::longest);
    list.column(&FoldedTotal::extra);
  });
  io.list(trace.losses, "losses", [](auto&& list) {
    list.column(&Loss::thread);
    list.column(&Loss::device);
    list.column(&Loss::cause);
    list.column(&Loss::count);
    list.column(&Loss::first);
    list.column(&Loss::last);
  });
  io.list(trace.open_spans, "open spans", [](auto&& list) {
    list.column(&OpenSpan::thread);
    list.column(&OpenSpan::op);
    list.column(&OpenSpan::device);
    list.column(&OpenSpan::depth);
    list.column(&OpenSpan::begin);
  });
  io.list(trace.categories, "categories", [](auto&& list) {
    list.names(&TraceCategory::name);
    list.column(&TraceCategory::recorded);
    list.column(&TraceCategory::shortest);
    list.column(&TraceCategory::one_in);
    list.column(&TraceCategory::governed);
  });
  io.optional(trace.cost, [&](auto& cost) {
    io.real(cost.recorded_ns);
    io.real(cost.folded_ns);
    io.real(cost.sampled_out_ns);
    io.time(cost.collector_cpu);
    io.time(cost.process_cpu);
    io.time(cost.wall);
  });
}

class Writer {
 public:
  Writer(ByteWriter& out, LocalIds& ops, LocalIds& devices) : out_(out), ops_(ops), devices_(devices) {}

  void time(Nanoseconds value) { out_.zigzag(value.count()); }
  void real(double value) { out_.fixed(value); }
  void name(std::string_view text) {
    if (text.size() > kMostNameBytes && !too_long_) {
      too_long_ = Error{ErrorCode::kUnsupported, "name " + quoted(text) + ": expected at most " +
                                                     std::to_string(kMostNameBytes) + " bytes, found " +
                                                     std::to_string(text.size())};
    }
    out_.name(text);
  }
  template <class T, class Visit>
  void optional(const std::optional<T>& value, Visit visit) {
    out_.varint(value ? 1 : 0);
    if (value) visit(*value);
  }
  void map(const std::map<std::string, std::string>& entries) {
    out_.varint(entries.size());
    for (const auto& [key, value] : entries) name(key), name(value);
  }
  void table(const NameTable& names, const LocalIds& used) {
    out_.varint(used.size());
    for (const std::uint32_t id : used.ids()) name(names.at(id));
  }
  template <class T, class Visit>
  void list(const std::vector<T>& entries, std::string_view, Visit visit) {
    out_.varint(entries.size());
    visit(List<T>{*this, entries});
  }

  [[nodiscard]] std::optional<Error>& too_long() noexcept { return too_long_; }

 private:
  template <class T>
  struct List {
    Writer& writer;
    const std::vector<T>& entries;

    void names(std::string T::*member) {
      for (const T& entry : entries) writer.name(entry.*member);
    }
    template <class V>
    void column(V T::*member) {
      writer.column_.clear();
      for (const T& entry : entries) writer.column_.push_back(writer.word_of(entry.*member));
      write_column(writer.out_, writer.column_);
    }
  };

  std::uint64_t word_of(Nanoseconds value) { return static_cast<std::uint64_t>(value.count()); }
  std::uint64_t word_of(OpId op) { return ops_.number_of(index_of(op)); }
  std::uint64_t word_of(DeviceId device) {
    return device == kNoDevice ? 0 : std::uint64_t{devices_.number_of(index_of(device))} + 1;
  }
  std::uint64_t word_of(ThreadId thread) { return static_cast<std::uint32_t>(index_of(thread) + 1); }  // kNoThread: 0
  template <class V>
  std::uint64_t word_of(V value) {
    return static_cast<std::uint64_t>(value);
  }

  ByteWriter& out_;
  LocalIds& ops_;
  LocalIds& devices_;
  std::vector<std::uint64_t> column_;
  std::optional<Error> too_long_;
};

// What a string takes besides itself, with the allocator's share: short ones nothing.
constexpr std::uint64_t bytes_of_text(std::string_view text) { return text.size() < 16 ? 0 : text.size() + 32; }
constexpr std::uint64_t kMapEntryBytes = 112;  // of metadata, besides its text: a node of two strings

class Reader {
 public:
  Reader(ByteReader& in, std::uint64_t most_entries, std::uint64_t memory)
      : in_(in), most_entries_(most_entries), memory_(memory) {}

  void time(Nanoseconds& value) { value = Nanoseconds{in_.zigzag()}; }
  void real(double& value) { value = in_.fixed<double>("bytes of a number"); }
  void name(std::string& text) {
    const std::size_t at = in_.at();
    const std::string_view found = in_.name();
    if (charge(at, bytes_of_text(found), "a longer name")) text = found;
  }
  template <class T, class Visit>
  void optional(std::optional<T>& value, Visit visit) {
    if (in_.count(1, "of it") != 0) visit(value.emplace());
  }
  void map(std::map<std::string, std::string>& entries) {
    for (std::uint64_t left = in_.count(in_.left() / 2, "entries of metadata"); left > 0 && in_.ok(); --left) {
      const std::size_t at = in_.at();
      const std::string_view key = in_.name();
      if (!charge(at, kMapEntryBytes + bytes_of_text(key), "more metadata")) return;
      const auto [entry, is_new] = entries.try_emplace(std::string(key));
      if (!is_new) in_.fail(at, "each metadata key once", quoted(key) + " again");
      name(entry->second);
    }
  }
  void table(std::vector<std::string_view>& names, std::string_view what) {
    for (std::uint64_t left = in_.count(in_.left(), what); left > 0; --left) {
      const std::size_t at = in_.at();
      const std::string_view name = in_.name();
      if (!charge(at, kTableEntryBytes + name.size(), std::string("more ").append(what))) return;
      names.push_back(name);
    }
  }
  template <class T, class Visit>
  void list(std::vector<T>& entries, std::string_view what, Visit visit) {
    const std::size_t at = in_.at();
    const std::uint64_t count = in_.count(std::min(most_values_in(in_.left()), most_entries_), what);
    const std::uint64_t bytes = count * (sizeof(T) + sizeof(column_[0]));
    if (!charge(at, bytes, std::to_string(count).append(" ").append(what))) return;
    entries.resize(static_cast<std::size_t>(count));
    visit(List<T>{*this, entries, what});
  }

  // A name's number has to be below these.
  void set_names(std::size_t ops, std::size_t devices) { ops_ = ops, devices_ = devices; }
  [[nodiscard]] std::uint64_t memory_left() const noexcept { return memory_; }

 private:
  // Takes bytes of the limit, unless there was a problem; false with one.
  bool charge(std::size_t at, std::uint64_t bytes, std::string_view found) {
    if (bytes > memory_)
      in_.fail(at, "a state within the limit of memory (RttLimits::max_memory)", found, ErrorCode::kUnsupported);
    if (!in_.ok()) return false;
    memory_ -= bytes;
    return true;
  }

  template <class T>
  struct List {
    Reader& reader;
    std::vector<T>& entries;
    std::string_view what;

    void names(std::string T::*member) {
      for (T& entry : entries) {
        if (reader.in_.ok()) reader.name(entry.*member);
      }
    }
    template <class V>
    void column(V T::*member) {
      if (!reader.in_.ok()) return;
      std::vector<std::uint64_t>& words = reader.column_;
      words.resize(entries.size());
      const std::size_t at = reader.in_.at();
      read_column(reader.in_, words);
      for (std::size_t i = 0; i < entries.size() && reader.in_.ok(); ++i) {
        if (!reader.take(words[i], entries[i].*member)) {
          reader.in_.fail(at, "values that " + std::string(what) + " may have", std::to_string(words[i]));
        }
      }
    }
  };

  // False for a word that is no such value.
  static bool take(std::uint64_t word, Nanoseconds& value) {
    value = Nanoseconds{static_cast<std::int64_t>(word)};
    return true;
  }
  bool take(std::uint64_t word, OpId& op) const {
    op = OpId{static_cast<std::uint32_t>(word)};
    return word < ops_;
  }
  bool take(std::uint64_t word, DeviceId& device) const {
    device = DeviceId{static_cast<std::uint32_t>(word) - 1};  // 0: kNoDevice
    return word <= devices_;
  }
  static bool take(std::uint64_t word, ThreadId& thread) {
    thread = ThreadId{static_cast<std::uint32_t>(word) - 1};  // 0: kNoThread
    return word <= std::numeric_limits<std::uint32_t>::max();
  }
  static bool take(std::uint64_t word, LossCause& cause) {
    cause = static_cast<LossCause>(word);
    return word < kLossCauses.size();
  }
  static bool take(std::uint64_t word, std::int64_t& value) {
    value = static_cast<std::int64_t>(word);
    return true;
  }
  template <class V>
  static bool take(std::uint64_t word, V& value) {
    static_assert(std::is_unsigned_v<V>);
    value = static_cast<V>(word);
    return word <= std::numeric_limits<V>::max();
  }

  ByteReader& in_;
  std::uint64_t most_entries_;  // of a list
  std::uint64_t memory_;        // that may still be taken
  std::size_t ops_ = 0;
  std::size_t devices_ = 0;
  std::vector<std::uint64_t> column_;
};

}  // namespace

std::uint64_t longest_list_of(const Trace& state) noexcept {
  return std::max({state.origin ? state.origin->later.size() : 0, state.threads.size(), state.folded.size(),
                   state.losses.size(), state.open_spans.size(), state.categories.size()});
}

std::optional<Error> StateEncoder::encode(const Trace& trace, ByteWriter& out) {
  ops_.clear();
  devices_.clear();
  const auto note = [&](DeviceId device) {
    if (device != kNoDevice) devices_.number_of(index_of(device));
  };
  for (const FoldedTotal& total : trace.folded) ops_.number_of(index_of(total.op)), note(total.device);
  for (const Loss& loss : trace.losses) note(loss.device);
  for (const OpenSpan& span : trace.open_spans) ops_.number_of(index_of(span.op)), note(span.device);
  Writer writer(out, ops_, devices_);
  writer.table(trace.op_names(), ops_);
  writer.table(trace.device_names(), devices_);
  visit_state(writer, trace);
  return std::move(writer.too_long());
}

std::optional<ContentProblem> decode_state(std::span<const std::byte> contents, std::uint64_t stored_bytes,
                                           std::uint64_t memory, DecodedState& decoded) {
  ByteReader in(contents);
  Reader reader(in, most_entries_in(stored_bytes), memory);
  reader.table(decoded.ops, "ops");
  reader.table(decoded.devices, "devices");
  reader.set_names(decoded.ops.size(), decoded.devices.size());
  const std::uint64_t left = reader.memory_left();
  visit_state(reader, decoded.state);
  decoded.bytes = left - reader.memory_left();
  in.end();
  return in.problem();
}

void take_state(Trace&& state, std::span<const std::uint32_t> ops, std::span<const std::uint32_t> devices,
                Trace& trace) {
  const auto take = [&](auto& id) {
    if constexpr (std::is_same_v<decltype(id), OpId&>) {
      id = OpId{ops[index_of(id)]};
    } else if (id != kNoDevice) {
      id = DeviceId{devices[index_of(id)]};
    }
  };
  for (FoldedTotal& total : state.folded) take(total.op), take(total.device);
  for (Loss& loss : state.losses) take(loss.device);
  for (OpenSpan& span : state.open_spans) take(span.op), take(span.device);
  trace.metadata = std::move(state.metadata);
  trace.origin = std::move(state.origin);
  trace.threads = std::move(state.threads);
  trace.folded = std::move(state.folded);
  trace.losses = std::move(state.losses);
  trace.open_spans = std::move(state.open_spans);
  trace.categories = std::move(state.categories);
  trace.cost = state.cost;
}

}  // namespace ringtail::inline v1

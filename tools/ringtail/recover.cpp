#include <algorithm>
#include <chrono>
#include <ctime>
#include <filesystem>
#include <map>

#include "command.h"
#include "command_line.h"
#include "json_writer.h"
#include "output_file.h"
#include "printable.h"
#include "ringtail/analyze/exactness.h"
#include "ringtail/base/saturating.h"
#include "ringtail/format/json.h"
#include "ringtail/format/rtt.h"
#include "rtt_output.h"
#include "table.h"
#include "terminal.h"
#include "trace_input.h"
#include "units.h"

namespace ringtail::cli {
namespace {

// "2026-11-21 15:28:13".
std::string utc_text(Nanoseconds realtime) {
  const std::time_t seconds = std::chrono::floor<std::chrono::seconds>(realtime).count();
  std::tm parts{};
  char text[32] = "";
  if (::gmtime_r(&seconds, &parts) != nullptr) std::strftime(text, sizeof text, "%F %T", &parts);
  return text;
}

// A span that had begun when the file's last state was written.
struct Open {
  std::string operation;
  std::string device;
  std::string thread;
  std::uint16_t depth = 0;
  Nanoseconds begin{0};
  Nanoseconds open_for{0};           // until the last moment that the file knows of: at least so long
  std::optional<double> longest_us;  // of the finished spans of this operation
};

// What a file was worth.
class Recovery {
 public:
  explicit Recovery(const RttSalvage& salvage) : salvage_(salvage) {
    const Trace& trace = salvage.trace;
    std::map<OpId, double> longest_us;
    for (std::size_t row = 0; row < trace.size(); ++row) {
      const EntryView span = trace[row];
      const OpId op = trace.columns().op[row];
      const double duration_us = span.duration_us();
      const auto [longest, is_new] = longest_us.try_emplace(op, duration_us);
      if (!is_new) longest->second = std::max(longest->second, duration_us);
      if (const auto begin = span.begin())
        until_ = std::max(until_, saturating_sum(*begin, to_nanoseconds(duration_us)));
    }
    for (const OpenSpan& span : trace.open_spans) until_ = std::max(until_, span.begin);
    if (trace.origin && !trace.origin->later.empty()) {
      const Nanoseconds last = trace.origin->later.back().monotonic;
      until_ = std::max(until_, saturating_difference(last, trace.origin->monotonic));
    }
    for (const OpenSpan& span : trace.open_spans) {
      const auto longest = longest_us.find(span.op);
      open_.push_back({std::string(trace.operation(span.op)), std::string(trace.device(span.device).value_or("")),
                       index_of(span.thread) < trace.threads.size() ? trace.threads[index_of(span.thread)].name : "",
                       span.depth, span.begin, saturating_difference(until_, span.begin),
                       longest == longest_us.end() ? std::nullopt : std::optional(longest->second)});
    }
    std::ranges::stable_sort(open_, [](const Open& a, const Open& b) { return a.begin < b.begin; });
  }

  // Everything that was written is there, and it is all that there was to write.
  [[nodiscard]] bool whole() const {
    return salvage_.finished && salvage_.chunks_damaged == 0 && salvage_.chunks_missing == 0 &&
           salvage_.spans_lost == 0 && salvage_.bytes_skipped == 0;
  }

  void write_text(const std::string& name, const std::string& output, const Terminal& terminal,
                  std::ostream& out) const {
    const auto say = [&](const std::string& text, std::optional<Ink> ink = std::nullopt) {
      print_wrapped(out, terminal, text, 2, ink);
    };
    out << painted(printable(name), Ink::kBold, terminal) << '\n';
    std::string saved =
        "Saved: " + count_text(salvage_.trace.size(), "span") + " in " + count_text(salvage_.chunks_read, "chunk");
    if (!salvage_.trace.empty()) saved += ", until " + time_text(until_) + " after the start";
    if (const auto& origin = salvage_.trace.origin) saved += " (" + utc_text(origin->realtime) + " UTC)";
    say(saved + ".");
    say(lost_text(), whole() ? Ink::kGreen : Ink::kYellow);
    if (!open_.empty()) {
      say(count_text(open_.size(), "span") +
          " had begun and not ended. Look for a hang where one is open for much longer than others of its "
          "operation ever took, or since the last moment that the file knows of.");
      Table table({{"open operation", Table::Align::kLeft},
                   {"device", Table::Align::kLeft},
                   {"thread", Table::Align::kLeft},
                   {"since"},
                   {"open at least"},
                   {"longest ended"}});
      for (const Open& span : open_) {
        table.add({span.operation, span.device, span.thread, "+" + time_text(span.begin), time_text(span.open_for),
                   span.longest_us ? duration_text(*span.longest_us) : "-"});
      }
      table.print(out, terminal);
    }
    say("Written to " + printable(output) + ".");
  }

  void write_json(const std::string& name, const std::string& output, JsonWriter& json) const {
    json.open_object();
    json.member("file", name);
    json.member("finished", salvage_.finished);
    json.key("lost");
    json.open_object();
    json.member("bytes_skipped", salvage_.bytes_skipped);
    json.member("chunks_damaged", salvage_.chunks_damaged);
    json.member("chunks_missing", salvage_.chunks_missing);
    json.member("spans", salvage_.spans_lost);
    json.member("spans_exactness", salvage_.spans_lost_is_exact ? "exact" : "lower bound");
    json.close_object();
    json.key("open_spans");
    json.open_array();
    for (const Open& span : open_) {
      json.open_object();
      json.member("begin_ns", std::int64_t{span.begin.count()});
      json.member("depth", std::uint64_t{span.depth});
      json.member("device", span.device);
      json.key("longest_ended_us");
      if (span.longest_us) {
        json.value(*span.longest_us);
      } else {
        json.null();
      }
      json.member("open_for_ns", std::int64_t{span.open_for.count()});
      json.member("operation", span.operation);
      json.member("thread", span.thread);
      json.close_object();
    }
    json.close_array();
    json.member("output", output);
    json.key("saved");
    json.open_object();
    json.member("chunks", salvage_.chunks_read);
    json.member("spans", std::uint64_t{salvage_.trace.size()});
    json.member("until_ns", std::int64_t{until_.count()});
    json.close_object();
    if (const auto& origin = salvage_.trace.origin) {
      json.member("start_realtime_ns", std::int64_t{origin->realtime.count()});
    }
    json.close_object();
  }

 private:
  static std::string time_text(Nanoseconds time) { return duration_text(to_microseconds(time)); }

  [[nodiscard]] std::string lost_text() const {
    if (whole()) return "Lost: nothing.";
    std::string text = "Lost: ";
    if (!salvage_.spans_lost_is_exact) text += salvage_.spans_lost == 0 ? "no known span" : "at least ";
    if (salvage_.spans_lost_is_exact || salvage_.spans_lost != 0) text += count_text(salvage_.spans_lost, "span");
    const auto add = [&text](std::uint64_t count, const char* what, const char* how) {
      if (count != 0) text += ", " + count_text(count, what) + how;
    };
    add(salvage_.chunks_damaged, "chunk", " damaged");
    add(salvage_.chunks_missing, "chunk", " missing");
    add(salvage_.bytes_skipped, "byte", " skipped");
    text += ".";
    if (!salvage_.finished) {
      text +=
          " The file has no end: its program was killed, or still writes it. What it recorded after the last "
          "chunk is not known.";
    }
    return text;
  }

  const RttSalvage& salvage_;
  std::vector<Open> open_;  // the longest open first
  Nanoseconds until_{0};    // the last moment that the file knows of, since the trace's origin
};

}  // namespace

int recover(const Arguments& arguments, Streams& io) {
  std::string input;
  std::string output;
  std::string format = "text";
  bool force = false;
  bool strict = false;
  mode_t mode = kOwnerOnly;
  RttLimits limits;
  CommandLine line("recover", "Saves what a killed program, a full disk or a damaged one left of a trace file.",
                   "ringtail recover trace.rtt.part -o trace.rtt");
  line.one("FILE", input, "an .rtt file, or the .part of one; - is\nstandard input");
  line.file("-o,--output", "OUT", output,
            "where to: a file (not -) that ends in .rtt or\n.json, readable by its owner only (0600)");
  line.required("--output");
  line.choice("--format", format, {"text", "json"}, "what to print");
  line.flag("--force", force, "replace an existing OUT");
  line.flag("--strict", strict, "exit with 4 when something was lost");
  line.file_mode(mode);
  add_memory_option(line, limits);
  if (const auto code = line.parse(arguments, io)) return *code;
  const bool as_rtt = output.ends_with(".rtt");
  if (!as_rtt && !output.ends_with(".json")) {
    return complain_usage(io, "recover",
                          "expected an OUT that ends in .rtt or .json, found " + ringtail::quoted(output));
  }
  std::error_code ignored;  // what is not there is another file
  if (std::filesystem::equivalent(input, output, ignored)) {
    return complain(io, output, {ErrorCode::kIo, "expected another file than FILE, found the same"});
  }
  const Existing existing = force ? Existing::kReplace : Existing::kRefuse;
  if (const Status allowed = check_writable(output, existing); !allowed.ok()) {
    return complain(io, output, allowed.error());
  }

  const Result<RttSalvage> salvage = input == "-" ? recover_rtt(io.in, limits) : recover_rtt_file(input, limits);
  if (!salvage.ok()) return complain(io, shown_name(input), with_option_names(salvage.error()));
  const Trace& trace = salvage.value().trace;
  const auto write = as_rtt ? write_rtt : write_json;
  const Status written = write_file(
      output, existing, [&](std::ostream& out) { return write(trace, out); }, mode);
  if (!written.ok()) return complain(io, output, written.error());

  const Recovery recovery(salvage.value());
  if (format == "json") {
    JsonWriter json(io.out);
    recovery.write_json(shown_name(input), output, json);
  } else {
    recovery.write_text(shown_name(input), output, terminal_of(io.out), io.out);
  }
  return strict && !(recovery.whole() && complete_as_asked(trace)) ? kLossy : kDone;
}

}  // namespace ringtail::cli

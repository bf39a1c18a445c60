#include <sstream>

#include "command.h"
#include "command_line.h"
#include "output_file.h"
#include "printable.h"
#include "ringtail/format/chrome.h"
#include "ringtail/format/collapsed.h"
#include "ringtail/format/csv.h"
#include "ringtail/format/json.h"
#include "rtt_output.h"
#include "terminal.h"
#include "trace_input.h"
#include "units.h"

namespace ringtail::cli {
namespace {

using Write = Status (*)(const Trace& trace, std::ostream& out);

struct Format {
  const char* name;
  const char* ending;  // of files that are this; the first that matches counts
  Write write;
};

Status write_safe_csv(const Trace& trace, std::ostream& out) { return write_csv(trace, out, Formulas::kDisarmed); }
Status write_raw_csv(const Trace& trace, std::ostream& out) { return write_csv(trace, out, Formulas::kKept); }

constexpr Format kFormats[] = {
    {"chrome", ".chrome.json", write_chrome},
    {"json", ".json", write_json},
    {"collapsed", ".collapsed", write_collapsed},
    {"collapsed", ".folded", write_collapsed},
    {"csv", ".csv", write_safe_csv},
    {"rtt", ".rtt", write_rtt},
};

const Format* format_of(const std::string& name, const std::string& path) {
  for (const Format& format : kFormats) {
    if (name.empty() ? path.ends_with(format.ending) : name == format.name) return &format;
  }
  return nullptr;
}

// A table has no place for some of what the trace knows; the others do.
void note_what_is_no_row(const Trace& trace, const std::string& input, Streams& io) {
  const std::uint64_t without = spans_without_row(trace);
  if (without == 0) return;
  io.err << "ringtail: " << printable(input) << ": " << count_text(without, "span") << " of the trace "
         << (without == 1 ? "is" : "are")
         << " in no row, folded into totals or still open; analyze, JSON and Chrome JSON have them\n";
}

// Nor have a table and stacks one for metadata, which says that the file has no end.
void note_that_it_is_unfinished(const Trace& trace, const std::string& input, Streams& io) {
  const std::string* how_far = trace.unfinished();
  if (how_far == nullptr) return;
  io.err << "ringtail: " << printable(input) << ": unfinished: " << printable(*how_far)
         << "; the output does not say so, JSON and Chrome JSON do\n";
}

// A pipe gets the format's bytes; a terminal must not get what would control it.
Status write_standard_output(Write write, const Trace& trace, std::ostream& out) {
  if (!terminal_of(out).present) return write(trace, out);
  std::ostringstream text;
  text.exceptions(std::ios::badbit);  // without memory it would go on with less
  Status written = write(trace, text);
  if (written.ok()) out << printable_lines(text.view());
  return written;
}

}  // namespace

int convert(const Arguments& arguments, Streams& io) {
  std::string input;
  std::string output;
  std::string to;
  bool force = false;
  bool raw_csv = false;
  bool compress = false;
  mode_t mode = kOwnerOnly;
  RttLimits limits;
  CommandLine line("convert", "Writes a trace in another format.", "ringtail convert trace.json -o trace.collapsed");
  line.one("IN", input, "trace file (.rtt, JSON); - is standard input");
  line.file("-o,--output", "OUT", output,
            "where to; - is standard output. A file is\nreadable by its owner only (0600)");
  line.required("--output");
  line.choice("--to", to, {"rtt", "json", "collapsed", "chrome", "csv"},
              "default: by OUT's ending .rtt, .json,\n.collapsed, .folded, .chrome.json or .csv");
  line.flag("--compress", compress, "an .rtt with zstd, where that makes it smaller");
  line.flag("--raw-csv", raw_csv, "names that a spreadsheet takes for\nformulas as they are, without a ' before");
  line.flag("--force", force, "replace an existing OUT");
  line.file_mode(mode);
  add_memory_option(line, limits);
  if (const auto code = line.parse(arguments, io)) return *code;
  const Format* format = format_of(to, output);
  if (format == nullptr) {
    return complain_usage(io, "convert",
                          "expected --to, or an OUT whose ending tells, found " + ringtail::quoted(output));
  }
  const bool is_csv = format->write == write_safe_csv;
  if (raw_csv && !is_csv) {
    return complain_usage(io, "convert", std::string("--raw-csv: expected --to csv, found ") + format->name);
  }
  if (compress && format->write != write_rtt) {
    return complain_usage(io, "convert", std::string("--compress: expected --to rtt, found ") + format->name);
  }
  const auto write = raw_csv ? write_raw_csv : compress ? write_compressed_rtt : format->write;

  const Existing existing = force ? Existing::kReplace : Existing::kRefuse;
  if (output != "-") {
    if (const Status allowed = check_writable(output, existing); !allowed.ok()) {
      return complain(io, output, allowed.error());
    }
  }
  const Result<Trace> trace = load_trace(input, io.in, limits);
  if (!trace.ok()) return complain(io, shown_name(input), trace.error());
  if (output == "-") {
    const Status written = write_standard_output(write, trace.value(), io.out);
    if (!io.out) return kDone;  // main says why, or nothing when the reader had enough
    if (!written.ok()) return complain(io, shown_name(input), written.error());
  } else {
    const Status written = write_file(
        output, existing, [&](std::ostream& out) { return write(trace.value(), out); }, mode);
    if (!written.ok()) return complain(io, output, written.error());
  }
  if (is_csv) note_what_is_no_row(trace.value(), shown_name(input), io);
  if (is_csv || format->write == write_collapsed) note_that_it_is_unfinished(trace.value(), shown_name(input), io);
  return kDone;
}

}  // namespace ringtail::cli

#include <optional>
#include <sstream>

#include "command.h"
#include "command_line.h"
#include "output_file.h"
#include "printable.h"
#include "ringtail/format/chrome.h"
#include "ringtail/format/collapsed.h"
#include "ringtail/format/json.h"
#include "terminal.h"
#include "trace_input.h"

namespace ringtail::cli {
namespace {

struct Format {
  const char* name;
  const char* ending;  // of files that are this; the first that matches counts
  Status (*write)(const Trace& trace, std::ostream& out);
};

constexpr Format kFormats[] = {
    {"chrome", ".chrome.json", write_chrome},
    {"json", ".json", write_json},
    {"collapsed", ".collapsed", write_collapsed},
    {"collapsed", ".folded", write_collapsed},
};

const Format* format_of(const std::string& name, const std::string& path) {
  for (const Format& format : kFormats) {
    if (name.empty() ? path.ends_with(format.ending) : name == format.name) return &format;
  }
  return nullptr;
}

// A pipe gets the format's bytes; a terminal must not get what would control it.
Status write_standard_output(const Format& format, const Trace& trace, std::ostream& out) {
  if (!terminal_of(out).present) return format.write(trace, out);
  std::ostringstream text;
  Status written = format.write(trace, text);
  if (written.ok()) out << printable_lines(text.view());
  return written;
}

}  // namespace

int convert(const Arguments& arguments, Streams& io) {
  std::string input;
  std::string output;
  std::string to;
  bool force = false;
  CommandLine line("convert", "Writes a trace in another format.", "ringtail convert trace.json -o trace.collapsed");
  line.one("IN", input, "trace file (JSON); - is standard input");
  line.text("-o,--output", "OUT", output,
            "where to; - is standard output. A file is\nreadable by its owner only (0600)");
  line.required("--output");
  line.choice("--to", to, {"json", "collapsed", "chrome"},
              "default: by OUT's ending .json,\n.collapsed, .folded or .chrome.json");
  line.flag("--force", force, "replace an existing OUT");
  if (const auto code = line.parse(arguments, io)) return *code;
  const Format* format = format_of(to, output);
  if (format == nullptr) {
    return complain_usage(io, "convert",
                          "expected --to, or an OUT whose ending tells, found " + ringtail::quoted(output));
  }

  const Existing existing = force ? Existing::kReplace : Existing::kRefuse;
  if (output != "-") {
    if (const Status allowed = check_writable(output, existing); !allowed.ok()) {
      return complain(io, output, allowed.error());
    }
  }
  const Result<Trace> trace = load_trace(input, io.in);
  if (!trace.ok()) return complain(io, shown_name(input), trace.error());
  if (output == "-") {
    const Status written = write_standard_output(*format, trace.value(), io.out);
    if (!io.out) return kDone;  // main says why, or nothing when the reader had enough
    return written.ok() ? kDone : complain(io, shown_name(input), written.error());
  }
  const Status written =
      write_file(output, existing, [&](std::ostream& out) { return format->write(trace.value(), out); });
  return written.ok() ? kDone : complain(io, output, written.error());
}

}  // namespace ringtail::cli

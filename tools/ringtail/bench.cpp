// `ringtail bench`: what recording costs on this machine, in a few seconds, beside what it is compared with.
// The cases are in bench/cases.h; the thorough measurements in benchmarks/.
#include <cstdint>

#include "bench/cases.h"
#include "bench/machine.h"
#include "bench/report.h"
#include "command.h"
#include "command_line.h"
#include "terminal.h"

namespace ringtail::cli {
namespace {

constexpr const char* kExample = R"(ringtail bench --rounds 15 --format json

A row is the median of rounds in which every case is measured in turn. Compare
rows of one run only, best as multiples of two clock reads ("x reads"): no span
that has a begin and an end can cost less. A full span records op, device and
three shapes, in bursts that fit the ring, with the collector thread on another
core; "without pauses" goes on for longer than the collector may keep up, and
says what it folded. Percentiles are of spans timed one by one. Every row is
checked against the trace it made: exit code 1 if one span is missing.

JSON is one object: each row's median under its key, whose end is the unit; the
other rounds under "spread", percentiles under "latency", multiples of two clock
reads and of one producer under "ratios", shares of spans that were counted and
are on no timeline under "folded", and the machine under "environment".)";

struct Options {
  std::uint64_t rounds = 7;
  std::uint64_t spans = overhead::Workload{}.spans;
  std::string format = "text";
  bool no_pin = false;
};

bool on_terminal(const Streams& io) { return terminal_of(io.err).present; }

// A line on a terminal that the next one overwrites.
overhead::Progress progress_on(Streams& io, std::size_t rounds) {
  return [&io, rounds, shown = on_terminal(io)](std::size_t round) {
    if (shown) io.err << "\rround " << round + 1 << " of " << rounds << std::flush;
  };
}

int run_and_report(const Options& options, Streams& io) {
  overhead::Report report;
  report.workload = {options.rounds, options.spans, options.no_pin ? std::nullopt : overhead::two_cpus()};
  report.machine = overhead::this_machine();
  report.load_before = overhead::load_average();
  Result<std::vector<overhead::Row>> rows = overhead::measure(report.workload, progress_on(io, options.rounds));
  if (on_terminal(io)) io.err << "\r\033[K" << std::flush;
  if (!rows.ok()) return complain(io, "bench", rows.error());
  report.rows = std::move(rows).value();
  report.load_after = overhead::load_average();
  if (options.format == "json") {
    overhead::write_json(report, io.out);
  } else {
    overhead::write_text(report, io.out);
  }
  return kDone;
}

}  // namespace

int bench(const Arguments& arguments, Streams& io) {
  Options options;
  CommandLine line("bench", "Measures what recording costs on this machine, beside known alternatives.", kExample);
  line.whole("--rounds", "N", options.rounds, 1, 1'000, "interleaved rounds; a row is their median");
  line.whole("--spans", "N", options.spans, 1, 4'000'000, "spans per row and round; up to 350 bytes\nof memory each");
  line.flag("--no-pin", options.no_pin, "leave the threads where the system\nputs them");
  line.choice("--format", options.format, {"text", "json"}, "a table, or one object for programs");
  if (const auto code = line.parse(arguments, io)) return *code;
  return run_and_report(options, io);
}

}  // namespace ringtail::cli

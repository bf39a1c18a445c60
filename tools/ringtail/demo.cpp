#include "demo.h"

#include <filesystem>
#include <optional>

#include "analysis.h"
#include "command_line.h"
#include "printable.h"
#include "recording_rules.h"
#include "ringtail/format/chrome.h"
#include "ringtail/format/collapsed.h"
#include "ringtail/format/json.h"
#include "table.h"
#include "terminal.h"
#include "units.h"

namespace ringtail::cli {
namespace {

constexpr char kDefaultDirectory[] = "ringtail-demo";
constexpr std::uint64_t kMostDevices = 64;
// Fewer steps do not tell learning from chance.
constexpr std::uint64_t kStepsToLearn = 10;

struct File {
  const char* name;
  Status (*write)(const Trace& trace, std::ostream& out);  // null: written while the demo runs
  const char* opened_with;
};

constexpr char kNative[] = "trace.rtt";
constexpr File kFiles[] = {
    {kNative, nullptr, "ringtail analyze, convert, check, recover"},
    {"trace.json", write_json, "ringtail analyze, convert, check"},
    {"trace.chrome.json", write_chrome, "https://ui.perfetto.dev, chrome://tracing"},
    {"trace.collapsed", write_collapsed, "https://www.speedscope.app, flamegraph.pl"},
};

// "DEVICE:FACTOR" as it is, with a number at each place; what it must be otherwise.
std::optional<std::string> parse_straggler(const std::string& text, std::optional<demo::Straggler>& straggler) {
  const std::size_t colon = text.find(':');
  const auto device = whole_number(text.substr(0, colon));
  const auto factor = colon == std::string::npos ? std::nullopt : real_number(text.substr(colon + 1));
  if (!device || !factor || *factor < 1.0 || *factor > 1000.0) {
    return "DEVICE:FACTOR with a factor from 1 to 1000, found " + ringtail::quoted(text);
  }
  straggler = demo::Straggler{static_cast<std::size_t>(*device), *factor};
  return std::nullopt;
}

class Demo {
 public:
  Demo(demo::TrainingOptions options, std::filesystem::path directory, Existing existing, mode_t mode, Streams& io)
      : options_(std::move(options)),
        directory_(std::move(directory)),
        existing_(existing),
        mode_(mode),
        io_(io),
        terminal_(terminal_of(io.out)) {}

  int run() {
    if (const std::optional<int> failed = prepare_directory()) return *failed;
    say("Training a perceptron on " + count_text(options_.devices, "device") +
            (options_.devices == 1 ? " (a worker thread), " : " (worker threads), ") +
            count_text(options_.steps, "step") + " of " + count_text(options_.samples, "sample") +
            (options_.steps == 1 ? "." : " each."),
        0);
    io_.out.flush();
    options_.trace_file = (directory_ / kNative).string();
    options_.trace_file_options = {.replace = existing_ == Existing::kReplace, .mode = mode_};
    const Result<demo::Training> training = demo::train(options_);
    if (!training.ok()) return complain(io_, "", training.error());
    if (const std::optional<int> failed = verify(training.value())) return *failed;

    io_.out << '\n';
    const Trace& trace = training.value().trace;
    write_analysis_text(trace, "Trace of the training", {}, terminal_, io_.out);
    return write_files(trace);
  }

 private:
  void say(const std::string& text, std::size_t indent = 2) { print_wrapped(io_.out, terminal_, text, indent); }

  int fail(const std::string& message) { return complain(io_, "demo", {ErrorCode::kInvalid, message}); }

  std::optional<int> prepare_directory() {
    std::error_code failed;
    std::filesystem::create_directories(directory_, failed);
    if (failed) {
      return complain(io_, directory_.string(),
                      {ErrorCode::kIo, "expected to create this directory, found: " + failed.message()});
    }
    std::vector<std::string> names = {std::string(kNative) + ".part"};  // what trace.rtt is called while it grows
    for (const File& file : kFiles) names.emplace_back(file.name);
    for (const std::string& name : names) {
      const std::string path = (directory_ / name).string();
      if (const Status allowed = check_writable(path, existing_); !allowed.ok()) {
        return complain(io_, path, allowed.error());
      }
    }
    return std::nullopt;
  }

  // Says what was checked; the exit code where a check fails.
  std::optional<int> verify(const demo::Training& training) {
    const double first = training.losses.front();
    const double last = training.losses.back();
    const std::string losses =
        "loss " + short_text(first) + " in the first step, " + short_text(last) + " in the last";
    if (options_.steps >= kStepsToLearn && !(last < first)) return fail("expected it to learn, found " + losses);
    say(losses + (options_.steps >= kStepsToLearn ? ": it learns" : ""));

    if (options_.devices > 1) {
      const std::string errors = "differs from a plain sum by at most " + short_text(training.largest_sum_error) +
                                 " of its parts, rounding explains " + short_text(training.sum_tolerance);
      if (!(training.largest_sum_error <= training.sum_tolerance)) {
        return fail("expected every all-reduce to be the sum, found one that " + errors);
      }
      say((options_.steps == 1 ? "the all-reduce" : "each of " + count_text(options_.steps, "all-reduce")) + " " +
          errors);
      if (!training.parameters_identical) {
        return fail("expected the same parameters on all devices, found different ones");
      }
      say("all devices end with the same " + count_text(training.parameters.size(), "parameter") + ", bit for bit");
    }

    const demo::TallyComparison counts = demo::compare(training.executed, training.trace);
    std::string text = count_text(counts.executed, "span") + " executed, " + count_text(counts.recorded) +
                       " in the trace, " + count_text(counts.folded) + " folded";
    if (counts.sampled_out != 0) text += ", " + count_text(counts.sampled_out) + " sampled out";
    if (counts.switched_off != 0) text += ", " + count_text(counts.switched_off) + " switched off";
    if (!counts.first_difference.empty()) return fail(text + "; " + counts.first_difference);
    say(text + ": equal");
    if (counts.folded > 0) say_what_was_folded(training.trace);
    return std::nullopt;
  }

  void say_what_was_folded(const Trace& trace) {
    std::map<std::string_view, std::uint64_t> by_op;
    for (const FoldedTotal& total : trace.folded) by_op[trace.operation(total.op)] += total.count;
    std::string text;
    for (const auto& [op, count] : by_op) {
      text += (text.empty() ? "" : ", ") + count_text(count) + " " + std::string(op);
    }
    std::map<LossCause, std::uint64_t> by_cause;
    for (const Loss& loss : trace.losses) by_cause[loss.cause] += loss.count;
    std::string causes;
    for (const auto& [cause, count] : by_cause) {
      causes += causes.empty() ? "" : ", ";
      causes += cause == LossCause::kRingFull
                    ? "because rings of " + count_text(options_.ring_entries, "span") + " were full"
                    : std::string(name_of(cause));
      if (by_cause.size() > 1) causes += " (" + count_text(count) + ")";
    }
    say("folded, " + causes + ": " + text);
  }

  int write_files(const Trace& trace) {
    io_.out << '\n' << painted("Files in " + printable(directory_.string()), Ink::kBold, terminal_) << '\n';
    Table table({{"file", Table::Align::kLeft}, {"open with", Table::Align::kLeft}});
    for (const File& file : kFiles) {
      const std::string path = (directory_ / file.name).string();
      if (file.write != nullptr) {
        const Status written = write_file(
            path, existing_, [&](std::ostream& out) { return file.write(trace, out); }, mode_);
        if (!written.ok()) return complain(io_, path, written.error());
      }
      table.add({file.name, file.opened_with});
    }
    table.print(io_.out, terminal_);
    return kDone;
  }

  demo::TrainingOptions options_;
  std::filesystem::path directory_;
  Existing existing_;
  mode_t mode_;
  Streams& io_;
  Terminal terminal_;
};

}  // namespace

int run_demo(demo::TrainingOptions options, const std::string& directory, Existing existing, Streams& io,
             mode_t mode) {
  return Demo(std::move(options), directory, existing, mode, io).run();
}

int demo(const Arguments& arguments, Streams& io) {
  demo::TrainingOptions options;
  std::uint64_t devices = options.devices;
  std::uint64_t samples = options.samples;
  std::uint64_t ring_entries = options.ring_entries;
  std::string directory = kDefaultDirectory;
  bool force = false;
  mode_t mode = kOwnerOnly;
  CommandLine line("demo",
                   "Trains a small network on threads that stand for devices, traces it, checks\n"
                   "the trace against its own counts, and reports.",
                   "ringtail demo --devices 4 --straggler 2:3 -o traces");
  line.whole("--devices", "N", devices, 1, kMostDevices, "worker threads, one per device");
  line.whole("--steps", "N", options.steps, 1, 1'000'000, "training steps");
  line.whole("--samples", "N", samples, 1, 65'536, "per device and step");
  line.parsed(
      "--straggler", "DEVICE:FACTOR", "",
      [&](const std::string& text) { return parse_straggler(text, options.straggler); },
      "this device computes FACTOR times as\nmuch, so the others wait for it");
  line.whole("--ring-entries", "N", ring_entries, 1, 1U << 24U,
             "spans a thread can be ahead; with few,\nspans are folded into exact totals");
  line.whole("--seed", "N", options.seed, 0, UINT64_MAX, "of data and parameters");
  add_recording_options(line, options.recording);
  line.file(
      "-o,--output", "DIR", directory,
      "where the files go, readable by their\nowner only (0600); in the default DIR\nthe demo replaces its own");
  line.flag("--force", force, "replace existing files in any DIR");
  line.file_mode(mode);
  if (const auto code = line.parse(arguments, io)) return *code;
  options.devices = static_cast<std::size_t>(devices);
  options.samples = static_cast<std::size_t>(samples);
  options.ring_entries = static_cast<std::size_t>(ring_entries);
  if (options.straggler && options.straggler->device >= options.devices) {
    return complain_usage(io, "demo",
                          "--straggler: expected a device from 0 to " + std::to_string(devices - 1) + ", found " +
                              std::to_string(options.straggler->device));
  }
  const bool replace = force || directory == kDefaultDirectory;
  return run_demo(std::move(options), directory, replace ? Existing::kReplace : Existing::kRefuse, io, mode);
}

}  // namespace ringtail::cli

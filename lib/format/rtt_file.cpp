#include "ringtail/format/rtt_file.h"

#include <unistd.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <utility>

#include "format/trace_file.h"
#include "ringtail/format/rtt.h"

namespace ringtail::inline v1 {
namespace {

namespace fs = std::filesystem;

// "trace.rtt" and ".2" are "trace.2.rtt".
std::string numbered(const fs::path& path, const std::string& number) {
  return fs::path(path).replace_filename(path.stem().string() + number + path.extension().string()).string();
}

// All runs of a sink, one file each.
class RttFile {
 public:
  RttFile(const std::string& path, const RttFileOptions& options)
      : shown_(path), path_(absolute(path)), options_(options) {}
  ~RttFile() {
    if (::getpid() != process_) leave_to_parent();
  }
  RttFile(const RttFile&) = delete;
  RttFile& operator=(const RttFile&) = delete;

  Status append(const Trace& batch) {
    return in_run(batch, [&](Run& run) { return run.writer.append(batch); });
  }

  Status finish(const Trace& end) {
    return in_run(end, [&](Run& run) -> Status {
      if (Status written = run.writer.finish(end); !written.ok()) return written;
      run.whole = run.file->size();  // whatever becomes of its name
      Status completed = run.file->complete();
      if (completed.ok()) run_.reset();
      return completed;
    });
  }

 private:
  struct Run {
    Run(std::unique_ptr<TraceFile> made, const RttFileOptions& options, std::optional<Nanoseconds> origin)
        : file(std::move(made)),
          writer([this](std::span<const std::byte> chunk) { return file->write(chunk); },
                 RttOptions{.compress = options.compress}),
          begun(origin) {}

    std::unique_ptr<TraceFile> file;
    RttWriter writer;
    const std::optional<Nanoseconds> begun;  // tells a run from the next
    std::uint64_t whole = 0;                 // bytes of the file up to the last whole batch
  };

  // The call, in the run that the trace is of; the file of one that fails ends before it.
  template <class Call>
  Status in_run(const Trace& trace, const Call& call) {
    if (Status begun = begin(trace); !begun.ok()) return begun;
    struct Failing {
      std::unique_ptr<Run>& run;
      bool failed = true;
      ~Failing() {
        if (!failed) return;
        run->file->cut(run->whole);
        run.reset();
      }
    } failing{run_};
    Status done = call(*run_);
    failing.failed = !done.ok();
    if (done.ok() && run_) run_->whole = run_->file->size();
    return done;
  }

  Status begin(const Trace& trace) {
    if (const pid_t process = ::getpid(); process != process_) {
      leave_to_parent();
      process_ = process;
      in_child_ = true;
      runs_ = 0;
    }
    const auto begun = trace.origin ? std::optional(trace.origin->monotonic) : std::nullopt;
    if (run_ && run_->begun == begun) return Done{};
    run_.reset();  // a run that was never finished
    const std::string number =
        (in_child_ ? "." + std::to_string(process_) : "") + (runs_ == 0 ? "" : "." + std::to_string(runs_ + 1));
    TraceFile::Name name{path_, shown_};
    if (!number.empty()) name = {numbered(path_, number), numbered(shown_, number)};
    Result<std::unique_ptr<TraceFile>> file = TraceFile::create(std::move(name), options_);
    if (!file.ok()) return file.error();
    run_ = std::make_unique<Run>(std::move(file).value(), options_, begun);
    ++runs_;
    return Done{};
  }

  // The fork may have caught the parent's thread in the midst of a batch, so nothing of its run is touched but the
  // descriptor, and its memory stays.
  void leave_to_parent() noexcept {
    if (Run* const inherited = run_.release()) inherited->file->close();
  }

  static fs::path absolute(const std::string& path) {
    std::error_code failed;
    const fs::path whole = fs::absolute(path, failed);
    return failed ? fs::path(path) : whole;
  }

  const std::string shown_;
  const fs::path path_;
  const RttFileOptions options_;
  pid_t process_ = ::getpid();
  bool in_child_ = false;
  unsigned runs_ = 0;  // files made in this process
  std::unique_ptr<Run> run_;
};

}  // namespace

Sink rtt_file(const std::string& path, RttFileOptions options) {
  const auto file = std::make_shared<RttFile>(path, options);
  return Sink([file](const Trace& batch) { return file->append(batch); },
              [file](const Trace& end) { return file->finish(end); });
}

}  // namespace ringtail::inline v1

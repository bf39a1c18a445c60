// lib/format/trace_file.h
//
// A file that grows as PATH.part and becomes PATH when it is complete, in a process whose descriptors, limits and
// signals are not ours.
//
//     absent ─(create)▶ PATH.part ─(complete)▶ PATH
//                           └─(cut, after an error)▶ PATH.part of `size` bytes, or absent if that is 0
//
// Errors   kIo, "PATH.part: expected to write 8192 bytes at 40960, found: No space left on device, 1.203 s after it
//          was created". After one only cut() may follow; complete() leaves all bytes in PATH.part.
// Threads  One at a time.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "ringtail/base/clock.h"
#include "ringtail/base/result.h"
#include "ringtail/format/rtt_file.h"

namespace ringtail::inline v1 {

class TraceFile {
 public:
  // Where the file is, and how it is called in messages.
  struct Name {
    std::string path;
    std::string shown;
  };

  // Makes PATH.part, empty, and locks it.
  [[nodiscard]] static Result<std::unique_ptr<TraceFile>> create(Name name, const RttFileOptions& options);

  // PATH.part stays as it is.
  ~TraceFile() { close(); }
  TraceFile(const TraceFile&) = delete;
  TraceFile& operator=(const TraceFile&) = delete;

  // All of them, behind what was written before.
  [[nodiscard]] Status write(std::span<const std::byte> bytes);

  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }

  // Takes away what is behind the first `size` bytes, as well as that goes, and closes.
  void cut(std::uint64_t size) noexcept;

  // Syncs if it should, renames, closes.
  [[nodiscard]] Status complete();

  // Closes the descriptor if it is still this file's.
  void close() noexcept;

 private:
  struct Identity {
    dev_t device = 0;
    ino_t inode = 0;
    friend bool operator==(const Identity&, const Identity&) = default;
  };

  TraceFile(Name name, const RttFileOptions& options);
  [[nodiscard]] Status open();
  [[nodiscard]] Status remove_leftover() const;
  [[nodiscard]] int rename() const noexcept;
  [[nodiscard]] Error part_error(const std::string& expected, const std::string& found) const;
  [[nodiscard]] Error failure(const std::string& expected, int code) const;
  [[nodiscard]] bool descriptor_is_ours() const noexcept;
  [[nodiscard]] bool name_is_ours() const noexcept;

  const Name name_;
  const std::string part_;  // path
  const RttFileOptions options_;
  const Nanoseconds created_;
  int fd_ = -1;
  Identity identity_;
  std::uint64_t size_ = 0;
};

}  // namespace ringtail::inline v1

#include "ringtail/record/recorder.h"

#include <utility>

#include "record/registry.h"

namespace ringtail {

Recorder::Recorder(Recorder&& other) noexcept
    : lane_(std::exchange(other.lane_, nullptr)), keep_alive_(std::move(other.keep_alive_)) {}

Recorder& Recorder::operator=(Recorder&& other) noexcept {
  if (this != &other) {
    release();
    lane_ = std::exchange(other.lane_, nullptr);
    keep_alive_ = std::move(other.keep_alive_);
  }
  return *this;
}

Recorder::~Recorder() { release(); }

DeviceId Recorder::device(std::string_view name) noexcept {
  return lane_ != nullptr ? lane_->registry.intern_device(name) : kNoDevice;
}

void Recorder::release() noexcept {
  if (lane_ == nullptr) return;
  lane_->registry.release(*lane_);
  lane_ = nullptr;
  keep_alive_.reset();
}

}  // namespace ringtail

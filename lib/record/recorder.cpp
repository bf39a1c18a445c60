#include "ringtail/record/recorder.h"

#include <utility>

#include "record/registry.h"

namespace ringtail::inline v1 {

Recorder::Recorder(Recorder&& other) noexcept
    : switch_word_(std::exchange(other.switch_word_, &kSilent)),
      lane_(std::exchange(other.lane_, nullptr)),
      keep_alive_(std::move(other.keep_alive_)) {}

Recorder& Recorder::operator=(Recorder&& other) noexcept {
  if (this != &other) {
    release();
    switch_word_ = std::exchange(other.switch_word_, &kSilent);
    lane_ = std::exchange(other.lane_, nullptr);
    keep_alive_ = std::move(other.keep_alive_);
  }
  return *this;
}

Recorder::~Recorder() { release(); }

bool Recorder::is_of_the_past() const noexcept {
  return lane_ == nullptr ||
         (lane_->registry.closed() && lane_->open_depth.load(std::memory_order_relaxed) == 0);  // own counter
}

void Recorder::release() noexcept {
  if (lane_ == nullptr) return;
  lane_->registry.release(*lane_);
  lane_ = nullptr;
  switch_word_ = &kSilent;
  keep_alive_.reset();
}

}  // namespace ringtail::inline v1

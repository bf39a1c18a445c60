#include "format/parallel.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

namespace ringtail {
namespace {

// Starts threads while the system lets it, and joins them at its end.
class Team {
 public:
  ~Team() {
    for (std::thread& thread : threads_) thread.join();
  }
  template <class Work>
  [[nodiscard]] bool start(Work work) {
    try {
      threads_.emplace_back(std::move(work));
    } catch (const std::system_error&) {
      return false;
    }
    return true;
  }

 private:
  std::vector<std::thread> threads_;
};

// Texts on their way from those who make them to the one who takes them, i in slot i % slots.
class Belt {
 public:
  Belt(std::size_t count, std::size_t slots, const std::function<void(std::size_t, TextBuffer&)>& make)
      : count_(count), make_(make), slots_(slots) {}

  // Makes texts until none is left to make.
  void work() {
    std::unique_lock lock(mutex_);
    while (!over_ && claimed_ < count_) {
      if (has_room()) {
        make_next(lock);
      } else {
        changed_.wait(lock);
      }
    }
  }

  void take_all(const std::function<bool(std::string_view)>& take) {
    std::unique_lock lock(mutex_);
    for (; taken_ < count_ && !over_; ++taken_) {
      Slot& slot = slots_[taken_ % slots_.size()];
      // Rather than wait for a text, the taker makes one.
      while (!slot.made) has_room() && claimed_ < count_ ? make_next(lock) : changed_.wait(lock);
      lock.unlock();
      const bool more = take(slot.text.view());
      slot.text.clear();
      lock.lock();
      slot.made = false;
      over_ = !more;
      changed_.notify_all();
    }
  }

 private:
  struct Slot {
    TextBuffer text;
    bool made = false;
  };

  [[nodiscard]] bool has_room() const { return claimed_ < taken_ + slots_.size(); }

  void make_next(std::unique_lock<std::mutex>& lock) {
    const std::size_t i = claimed_++;
    Slot& slot = slots_[i % slots_.size()];
    lock.unlock();
    make_(i, slot.text);
    lock.lock();
    slot.made = true;
    changed_.notify_all();
  }

  const std::size_t count_;
  const std::function<void(std::size_t, TextBuffer&)>& make_;
  std::mutex mutex_;  // of everything below, but for the text of a slot that is being made or taken
  std::condition_variable changed_;
  std::vector<Slot> slots_;
  std::size_t claimed_ = 0;
  std::size_t taken_ = 0;
  bool over_ = false;
};

}  // namespace

std::size_t thread_count() noexcept { return std::max(1U, std::thread::hardware_concurrency()); }

void in_parallel(std::size_t count, const std::function<void(std::size_t)>& part) {
  Team team;
  for (std::size_t i = 0; i < count; ++i) {
    const bool elsewhere = i + 1 < count && team.start([&part, i] { part(i); });
    if (!elsewhere) part(i);
  }
}

void in_order(std::size_t count, std::size_t threads, const std::function<void(std::size_t, TextBuffer&)>& make,
              const std::function<bool(std::string_view)>& take) {
  constexpr std::size_t kSlotsPerThread = 4;
  threads = std::clamp<std::size_t>(threads, 1, std::max<std::size_t>(count, 1));
  Belt belt(count, threads * kSlotsPerThread, make);
  Team team;
  for (std::size_t i = 1; i < threads; ++i) {
    if (!team.start([&belt] { belt.work(); })) break;
  }
  belt.take_all(take);
}

}  // namespace ringtail

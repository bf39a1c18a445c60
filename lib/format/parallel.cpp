#include "format/parallel.h"

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <new>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "base/cancellation.h"
#include "base/quiet_thread.h"

namespace ringtail::inline v1 {
namespace {

// Starts threads while the system and the memory let it, and keeps what the first of them throws.
class Team {
 public:
  ~Team() { join(); }

  template <class Work>
  [[nodiscard]] bool start(Work work) {
    try {
      const SignalsBlocked inherited;  // by the new thread
      threads_.emplace_back([this, work = std::move(work)] { run(work); });
    } catch (const std::system_error&) {
      return false;
    } catch (const std::bad_alloc&) {
      return false;
    }
    return true;
  }

  // On the calling thread.
  template <class Work>
  void run(const Work& work) noexcept {
    try {
      work();
    } catch (...) {
      const std::scoped_lock lock(mutex_);
      if (!fault_) fault_ = std::current_exception();
    }
  }

  // Joins all threads, then throws what one of them did.
  void finish() {
    join();
    if (fault_) std::rethrow_exception(std::exchange(fault_, nullptr));
  }

 private:
  void join() noexcept {
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }

  const NoCancellation whole_;  // of the calling thread
  std::vector<std::thread> threads_;
  std::mutex mutex_;  // of fault_
  std::exception_ptr fault_;
};

// Texts on their way from those who make them to the one who takes them, i in slot i % slots.
class Belt {
 public:
  Belt(std::size_t count, std::size_t slots, const std::function<void(std::size_t, TextBuffer&)>& make)
      : count_(count), make_(make), slots_(slots) {}

  // Makes texts until none is left to make, or the belt is over.
  void work() {
    or_stop([&] {
      std::unique_lock lock(mutex_);
      while (!over_ && claimed_ < count_) {
        if (has_room()) {
          make_next(lock);
        } else {
          changed_.wait(lock);
        }
      }
    });
  }

  void take_all(const std::function<bool(std::string_view)>& take) {
    or_stop([&] {
      std::unique_lock lock(mutex_);
      for (; taken_ < count_; ++taken_) {
        Slot& slot = slots_[taken_ % slots_.size()];
        // Rather than wait for a text, the taker makes one.
        while (!over_ && !slot.made) has_room() && claimed_ < count_ ? make_next(lock) : changed_.wait(lock);
        if (over_) return;
        lock.unlock();
        const bool more = take(slot.text.view());
        slot.text.clear();
        lock.lock();
        slot.made = false;
        over_ = over_ || !more;
        changed_.notify_all();
      }
    });
  }

 private:
  struct Slot {
    TextBuffer text;
    bool made = false;
  };

  // A side that throws makes no more, or takes no more: the others must not wait for it.
  template <class Work>
  void or_stop(const Work& work) {
    try {
      work();
    } catch (...) {
      stop();
      throw;
    }
  }

  void stop() {
    const std::scoped_lock lock(mutex_);
    over_ = true;
    changed_.notify_all();
  }

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
    const auto one = [&part, i] { part(i); };
    const bool elsewhere = i + 1 < count && team.start(one);
    if (!elsewhere) team.run(one);
  }
  team.finish();
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
  team.run([&] { belt.take_all(take); });
  team.finish();
}

}  // namespace ringtail::inline v1

#include "collect/thread_leases.h"

#include <pthread.h>

#include <atomic>
#include <memory>
#include <new>
#include <utility>

namespace ringtail::inline v1 {

// A list that changes by one store at a time, so that a signal handler finds it whole.
struct ThreadLeases::Lease {
  std::uint64_t session;
  Recorder recorder;
  Lease* next;
};

constinit thread_local ThreadLeases::Lease* ThreadLeases::first_ = nullptr;  // trivial: there from first to last

// Of all threads. Deleted with the library it is in, so that no thread ends in code that is gone.
class ThreadLeases::Key {
 public:
  [[nodiscard]] static const Key& of_all();
  Key() : made_(pthread_key_create(&key_, &end_thread) == 0) {}
  ~Key() {
    if (made_) pthread_key_delete(key_);
  }
  Key(const Key&) = delete;
  Key& operator=(const Key&) = delete;

  // The calling thread's end_thread will run.
  [[nodiscard]] bool arm(Lease* first) const noexcept { return made_ && pthread_setspecific(key_, first) == 0; }

 private:
  pthread_key_t key_{};
  bool made_;
};

const ThreadLeases::Key& ThreadLeases::Key::of_all() {
  static const Key key;
  return key;
}

Recorder* ThreadLeases::find(std::uint64_t session) noexcept {
  for (Lease* lease = first_; lease != nullptr; lease = lease->next) {
    if (lease->session == session) return &lease->recorder;
  }
  return nullptr;
}

Recorder* ThreadLeases::add(std::uint64_t session, Recorder recorder) noexcept {
  for (Lease** at = &first_; *at != nullptr;) {
    Lease* const lease = *at;
    if (lease->recorder.is_of_the_past()) {
      *at = lease->next;
      delete lease;
    } else {
      at = &lease->next;
    }
  }
  auto lease = std::unique_ptr<Lease>(new (std::nothrow) Lease{session, std::move(recorder), first_});
  if (!lease || !Key::of_all().arm(lease.get())) return nullptr;
  std::atomic_signal_fence(std::memory_order_release);  // whole before a handler can find it
  first_ = lease.release();
  return &first_->recorder;
}

void ThreadLeases::end_thread(void* first) noexcept {
  if (ending_ == Ending::kNotYet) {
    ending_ = Ending::kOtherKeys;
    if (Key::of_all().arm(static_cast<Lease*>(first))) return;  // runs again, after theirs
  }
  ending_ = Ending::kOver;
  std::atomic_signal_fence(std::memory_order_release);  // before a handler can find a lease gone
  while (Lease* const lease = std::exchange(first_, first_ != nullptr ? first_->next : nullptr)) delete lease;
}

}  // namespace ringtail::inline v1

#include "demo/loader.h"

#include <pthread.h>
#include <string>
#include <utility>

#include "demo/categories.h"
#include "ringtail/collect/traced.h"

namespace ringtail::demo {
namespace {

constexpr char kLoad[] = "load";

}  // namespace

Loader::Loader(Session& session, const Clusters& clusters, Sizes sizes)
    : session_(session),
      clusters_(clusters),
      samples_(sizes.samples),
      op_(session.op(kLoad, category_of(kLoad))),
      slots_(std::make_unique<Slot[]>(sizes.workers * kAhead)) {
  for (std::size_t i = 0; i < sizes.threads; ++i) threads_.emplace_back([this, i] { work(i); });
}

Loader::~Loader() { static_cast<void>(finish()); }

void Loader::request(std::size_t rank, std::uint64_t step) {
  TracedExecutor pool(session_, [this](auto task) { post(std::move(task)); });
  traced(pool, op_, [this, rank, step](Scope& scope) { load(rank, step, scope); });
}

const Batch& Loader::batch(std::size_t rank, std::uint64_t step) {
  Slot& wanted = slot(rank, step);
  const auto number = static_cast<std::uint32_t>(step + 1);
  for (std::uint32_t seen = wanted.loaded.load(std::memory_order_acquire); seen != number;  // B2 <- B1
       seen = wanted.loaded.load(std::memory_order_acquire)) {                              // B2 <- B1
    wanted.loaded.wait(seen, std::memory_order_relaxed);  // the loop's load synchronizes
  }
  return wanted.batch;
}

Tally Loader::finish() {
  {
    const std::lock_guard lock(mutex_);
    finished_ = true;
  }
  changed_.notify_all();
  threads_.clear();  // joins
  return tally_;
}

void Loader::post(std::function<void()> task) {
  {
    const std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
  }
  changed_.notify_one();
}

void Loader::work(std::size_t number) {
  // The name under which Session::this_thread() lists this thread.
  pthread_setname_np(pthread_self(), ("loader " + std::to_string(number)).c_str());
  while (true) {
    std::function<void()> task;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return finished_ || !tasks_.empty(); });
      if (tasks_.empty()) return;
      task = std::move(tasks_.front());
      tasks_.pop_front();
    }
    task();
  }
}

void Loader::load(std::size_t rank, std::uint64_t step, Scope& scope) {
  const std::size_t features = clusters_.features();
  session_.this_thread().step(step);
  scope.shapes({}, {samples_, features}, sizeof(float));
  Slot& wanted = slot(rank, step);
  clusters_.fill(wanted.batch, samples_, rank, step);
  {
    const std::lock_guard lock(mutex_);
    tally_.add(kLoad, "", {1, samples_ * features * sizeof(float)});
  }
  wanted.loaded.store(static_cast<std::uint32_t>(step + 1), std::memory_order_release);  // B1 -> B2
  wanted.loaded.notify_all();
}

}  // namespace ringtail::demo

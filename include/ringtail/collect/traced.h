// ringtail/collect/traced.h
//
// Tasks of a thread pool as spans: how long each ran, and how long it had waited in the queue.
//
//     boost::asio::thread_pool threads(4);
//     TracedExecutor pool(session, [&](auto task) { boost::asio::post(threads, std::move(task)); });
//     traced(pool, session.op("load"), [&] { load(batch); });
//
// A task that takes a Scope& gets the span it runs in, to say shapes or bytes that only it knows:
//
//     traced(pool, session.op("load"), [&](Scope& scope) { scope.shapes({}, {load(batch), 3}, 4); });
//
// Works with anything that takes a callable: a post function, a queue's push, std::async. Each worker thread
// records through Session::this_thread(), so nothing is set up per thread.
//
// Errors   An exception of the task leaves its span closed and goes to the executor, as without tracing.
// Threads  traced: any, as far as the executor's own post allows. The session must outlive the tasks.
// Cost     Two clock reads and the copy of a callable more than posting it untraced; one span per task.
#pragma once

#include <concepts>
#include <utility>

#include "ringtail/collect/session.h"
#include "ringtail/record/scope.h"

namespace ringtail::inline v1 {

// `Post`: called with a move-only nullary callable per task; whatever it returns, traced() returns.
template <class Post>
class TracedExecutor {
 public:
  TracedExecutor(Session& session, Post post, DeviceId device = kNoDevice)
      : session_(&session), post_(std::move(post)), device_(device) {}

  template <class Task>
  auto submit(OpId op, Task task) {
    return post_([session = session_, device = device_, op, submitted = session_->now(),
                  task = std::move(task)]() mutable -> decltype(auto) {
      Scope scope(session->this_thread(), op, device);
      scope.queued_at(submitted);
      if constexpr (std::invocable<Task&, Scope&>) {
        return task(scope);
      } else {
        return task();
      }
    });
  }

 private:
  Session* session_;
  Post post_;
  DeviceId device_;
};

// Runs `task` on the executor as a span of `op` with its queueing delay.
template <class Post, class Task>
auto traced(TracedExecutor<Post>& executor, OpId op, Task task) {
  return executor.submit(op, std::move(task));
}

}  // namespace ringtail::inline v1

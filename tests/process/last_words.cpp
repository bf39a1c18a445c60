// A program that records while it ends: its first argument says how it ends and from where it records. Its static
// session hands its spans to a sink that counts them; the session is destroyed last and its sink says on standard
// output what came. See last_words_test.cpp.
#include <pthread.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <thread>

#include "ringtail/collect/session.h"
#include "ringtail/record/scope.h"

namespace {

using ringtail::Trace;

void record(const char* op);

// Records when it is destroyed; static or of a thread.
struct LastWord {
  const char* op;
  bool armed = false;
  ~LastWord() {
    if (armed) record(op);
  }
};

std::size_t rows = 0;

void say(const Trace& end) {
  std::uint64_t attempted = 0;
  std::uint64_t folded = 0;
  for (const ringtail::TraceThread& thread : end.threads) {
    attempted += thread.attempted;
    folded += thread.folded;
  }
  std::printf("%llu attempted, %zu rows, %llu folded\n", static_cast<unsigned long long>(attempted), rows,
              static_cast<unsigned long long>(folded));
  std::fflush(stdout);
}

// First made, last destroyed: everything below can record into it.
ringtail::Session session({.sink = ringtail::Sink([](const Trace& batch) { rows += batch.size(); }, say)});
LastWord in_static_destructor{"static destructor"};

void record(const char* op) { const ringtail::Scope scope(session.this_thread(), op); }

// Destroyed before the thread's recorder is made, or after: in the order of their first use, backwards.
void touch(LastWord& word) { word.armed = true; }
thread_local LastWord before_recorder{"thread_local made before the recorder"};
thread_local LastWord after_recorder{"thread_local made after the recorder"};

void use_thread_locals() {
  touch(before_recorder);
  record("op");
  touch(after_recorder);
}

// What threads leave behind that the end of the process overtakes is no leak: their stacks and lists of destructors
// are looked through by nobody.
bool overtakes_threads = false;

pthread_key_t key;
void record_in_key_destructor(void*) { record("destructor of a POSIX thread key"); }

}  // namespace

#if defined(__SANITIZE_ADDRESS__)
extern "C" int __lsan_is_turned_off() { return overtakes_threads ? 1 : 0; }
#endif

int main(int argc, char** argv) {
  const std::string_view how = argc > 1 ? argv[1] : "";
  if (!session.start().ok()) return 1;
  if (how == "thread") {
    std::thread(use_thread_locals).join();
    return 0;
  }
  if (how == "key" || how == "late key") {  // before that of the recorders, or after
    if (how == "late key") record("op");
    pthread_key_create(&key, record_in_key_destructor);
    std::thread([] {
      record("op");
      pthread_setspecific(key, &key);
    }).join();
    return 0;
  }
  if (how == "main") {
    use_thread_locals();
    return 0;
  }
  if (how == "atexit") {
    std::atexit([] { record("atexit, registered first"); });
    record("op");
    std::atexit([] { record("atexit, registered later"); });
    std::exit(0);
  }
  if (how == "static") {
    touch(in_static_destructor);
    record("op");
    return 0;
  }
  overtakes_threads = how == "pthread_exit" || how == "detached";
  if (how == "pthread_exit") {
    use_thread_locals();
    static pthread_t first = pthread_self();
    std::thread([] {
      pthread_join(first, nullptr);
      record("op");
      std::exit(0);
    }).detach();
    pthread_exit(nullptr);
  }
  if (how == "quick_exit") {
    std::at_quick_exit([] { record("at_quick_exit"); });
    record("op");
    std::quick_exit(0);
  }
  if (how == "_exit") {
    record("op");
    _exit(0);
  }
  if (how == "detached") {  // threads that record while the process ends
    constexpr int kThreads = 3;
    static std::atomic<int> ready{0};
    for (int i = 0; i < kThreads; ++i) {
      std::thread([] {
        ringtail::Recorder recorder =
            session.recorder("detached");  // outlives the session, as this_thread() must not
        const ringtail::OpId op = recorder.op("op");
        ready.fetch_add(1, std::memory_order_release);  // to main: this thread asks nothing more of the session
        while (true) const ringtail::Scope scope(recorder, op);
      }).detach();
    }
    while (ready.load(std::memory_order_acquire) < kThreads || session.this_thread().attempted() < 1'000) {
      record("main");
    }
    return 0;
  }
  return 2;
}

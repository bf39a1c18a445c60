#include "demo/training.h"

#include <unistd.h>
#include <algorithm>
#include <atomic>
#include <cstring>
#include <exception>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "demo/loader.h"
#include "demo/network.h"
#include "demo/ring_allreduce.h"
#include "demo/sum_check.h"
#include "ringtail/collect/session.h"
#include "ringtail/format/rtt.h"

namespace ringtail::demo {
namespace {

// What one worker owns, and what it leaves for the end.
struct Worker {
  explicit Worker(const TrainingOptions& options) : network(options.widths, options.seed) {}

  Network network;
  std::vector<float> velocity = std::vector<float>(network.parameters().size());
  std::vector<double> losses;
  double largest_sum_error = 0.0;
  Tally executed;
  std::uint64_t multiply_adds = 0;
};

// What the workers share.
struct Shared {
  const TrainingOptions& options;
  Session& session;
  Loader& loader;
  RingAllReduce& allreduce;
  SumCheck& sum_check;
};

void train_step(Shared& shared, std::size_t rank, std::uint64_t step, Worker& worker, Device& device) {
  const TrainingOptions& options = shared.options;
  const std::uint64_t samples = options.samples;
  const Batch* batch = nullptr;
  device.step(step);
  device.run("recv.batch", {}, {samples, options.widths.front()}, [&] { batch = &shared.loader.batch(rank, step); });
  worker.losses.push_back(worker.network.forward_backward(device, *batch));
  if (step + Loader::kAhead < options.steps) shared.loader.request(rank, step + Loader::kAhead);

  const std::span<float> gradient = worker.network.gradient();
  device.run("verify.copy", {{gradient.size()}}, {gradient.size()},
             [&] { shared.sum_check.keep(rank, step, gradient); });
  shared.allreduce.run(rank, device);
  device.run("verify.sum", {{gradient.size()}}, {}, [&] {
    worker.largest_sum_error =
        std::max(worker.largest_sum_error, shared.sum_check.largest_error(rank, step, gradient));
  });

  const std::span<float> parameters = worker.network.parameters();
  device.run("optimizer.sgd", {{parameters.size()}, {gradient.size()}}, {parameters.size()},
             [&] { sgd(parameters, worker.velocity, gradient, 1.0F / static_cast<float>(options.devices), {}); });
}

void train_on(Shared& shared, std::size_t rank, Worker& worker) {
  const TrainingOptions& options = shared.options;
  const bool slow = options.straggler && options.straggler->device == rank;
  Device device("gpu:" + std::to_string(rank), shared.session.recorder("worker " + std::to_string(rank)),
                slow ? options.straggler->factor : 1.0);
  for (std::uint64_t step = 0; step < std::min(options.steps, Loader::kAhead); ++step) {
    shared.loader.request(rank, step);
  }
  for (std::uint64_t step = 0; step < options.steps; ++step) {
    train_step(shared, rank, step, worker, device);
  }
  worker.executed = device.tally();
  worker.multiply_adds = device.multiply_adds();
}

// One thread per worker; none begins before all are there, because a ring with a gap would wait for ever.
void run_workers(Shared& shared, std::vector<std::unique_ptr<Worker>>& workers) {
  enum Signal : int { kWait, kGo, kGiveUp };
  std::atomic<int> signal{kWait};
  std::vector<std::jthread> threads;
  const auto give = [&signal](Signal what) {
    signal.store(what, std::memory_order_release);  // -> the load below: all that was set up is visible
    signal.notify_all();
  };
  try {
    for (std::size_t rank = 0; rank < workers.size(); ++rank) {
      threads.emplace_back([&, rank] {
        signal.wait(kWait, std::memory_order_acquire);
        if (signal.load(std::memory_order_acquire) == kGo) train_on(shared, rank, *workers[rank]);
      });
    }
  } catch (...) {
    give(kGiveUp);
    throw;
  }
  give(kGo);
}

std::string text_of(const std::vector<std::size_t>& widths) {
  std::string text;
  for (const std::size_t width : widths) text += (text.empty() ? "" : "-") + std::to_string(width);
  return text;
}

void describe(Session& session, const TrainingOptions& options) {
  char host[256] = "";
  if (::gethostname(host, sizeof host - 1) != 0) host[0] = '\0';
  session.set_metadata("model", "perceptron " + text_of(options.widths));
  session.set_metadata("batch", std::to_string(options.samples) + " samples per device and step");
  session.set_metadata("devices", std::to_string(options.devices));
  session.set_metadata("steps", std::to_string(options.steps));
  session.set_metadata("seed", std::to_string(options.seed));
  session.set_metadata("host", host);
  session.set_metadata("cpus", std::to_string(std::thread::hardware_concurrency()));
  session.set_metadata("clock", name_of(Clock::best().source()));
  session.set_metadata("version", "ringtail " RINGTAIL_VERSION);
}

}  // namespace

Result<Training> train(const TrainingOptions& options) {
  SessionOptions session_options;
  session_options.ring_entries = options.ring_entries;
  session_options.collector_thread = options.collector_thread;
  session_options.budget = options.recording.budget;
  if (!options.trace_file.empty()) {
    session_options.sink = rtt_file(options.trace_file, options.trace_file_options);
  }
  Session session(session_options);
  for (std::size_t i = 0; i < options.recording.categories.size(); ++i) {
    session.set_rule(Category{static_cast<std::uint8_t>(i)}, options.recording.categories[i]);
  }
  describe(session, options);
  if (const Status started = session.start(); !started.ok()) return started.error();

  std::vector<std::unique_ptr<Worker>> workers;
  std::vector<std::span<float>> gradients;
  for (std::size_t rank = 0; rank < options.devices; ++rank) {
    workers.push_back(std::make_unique<Worker>(options));
    gradients.push_back(workers.back()->network.gradient());
  }
  const Clusters clusters(options.widths.front(), options.widths.back(), options.seed);
  Loader loader(session, clusters, {.workers = options.devices, .samples = options.samples});
  SumCheck sum_check(options.devices, gradients.front().size());
  RingAllReduce allreduce(gradients);
  Shared shared{options, session, loader, allreduce, sum_check};
  run_workers(shared, workers);

  Training training;
  training.executed = loader.finish();
  if (options.trace_file.empty()) {
    training.trace = session.take_trace();
  } else {
    if (const Status stopped = session.stop(); !stopped.ok()) return stopped.error();
    Result<Trace> trace = read_rtt_file(options.trace_file);
    if (!trace.ok()) return Error{trace.error().code, options.trace_file + ": " + trace.error().message};
    training.trace = std::move(trace).value();
  }
  training.losses.assign(options.steps, 0.0);
  training.sum_tolerance = sum_check.tolerance();
  const std::span<const float> first = workers.front()->network.parameters();
  training.parameters.assign(first.begin(), first.end());
  training.parameters_identical = true;
  for (const std::unique_ptr<Worker>& worker : workers) {
    for (std::size_t step = 0; step < options.steps; ++step) {
      training.losses[step] += worker->losses[step] / static_cast<double>(options.devices);
    }
    training.largest_sum_error = std::max(training.largest_sum_error, worker->largest_sum_error);
    training.parameters_identical =
        training.parameters_identical &&
        std::memcmp(worker->network.parameters().data(), first.data(), first.size_bytes()) == 0;
    training.multiply_adds.push_back(worker->multiply_adds);
    training.executed.add(worker->executed);
  }
  return training;
}

}  // namespace ringtail::demo

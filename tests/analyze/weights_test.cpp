// Sums over sampled traces: a span counts as often as its weight says, and on average that gives the truth.
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "ringtail/analyze/balance.h"
#include "ringtail/analyze/check.h"
#include "ringtail/analyze/communication.h"
#include "ringtail/analyze/straggler.h"
#include "ringtail/analyze/summary.h"
#include "tests/support/random_trace.h"
#include "tests/support/trace_builder.h"

namespace ringtail::inline v1 {
namespace {

using namespace std::chrono_literals;

// The same trace with a weight on every row and further spans behind some totals.
struct Weighted {
  Trace weighted;
  Trace repeated;  // each row as often as its weight says: the slow and obvious way to count it
};

Weighted weighted(const Trace& trace, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  Weighted made;
  for (Trace* copy : {&made.weighted, &made.repeated}) copy->threads = trace.threads;
  for (std::size_t row = 0; row < trace.size(); ++row) {
    TraceEntry entry = trace[row].to_entry();
    const auto weight = static_cast<std::uint32_t>(random() % 3 == 0 ? 1 : random() % 7 + 1);
    for (std::uint32_t i = 0; i < weight; ++i) made.repeated.add(entry);
    entry.weight = weight;
    made.weighted.add(entry);
  }
  for (const FoldedTotal& total : trace.folded) {
    FoldedTotal copy = total;
    copy.op = OpId{made.weighted.op_names().intern(trace.operation(total.op))};
    made.repeated.op_names().intern(trace.operation(total.op));
    if (const auto device = trace.device(total.device)) {
      copy.device = DeviceId{made.weighted.device_names().intern(*device)};
      made.repeated.device_names().intern(*device);
    }
    const std::uint64_t extra = random() % 4;
    copy.extra = extra;
    made.weighted.folded.push_back(copy);
    copy.extra = 0;
    copy.count += extra;
    made.repeated.folded.push_back(copy);
    for (Trace* of : {&made.weighted, &made.repeated}) of->total_duration_us += to_microseconds(total.duration);
  }
  return made;
}

// Equal but for the rounding of one product against many sums.
void expect_close(double a, double b) { EXPECT_NEAR(a, b, 1e-11 * std::fmax(std::fabs(a), std::fabs(b))); }

void expect_same(const std::map<std::string, Summary>& a, const std::map<std::string, Summary>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (auto x = a.begin(), y = b.begin(); x != a.end(); ++x, ++y) {
    EXPECT_EQ(x->first, y->first);
    EXPECT_EQ(x->second.count, y->second.count) << x->first;
    EXPECT_EQ(x->second.total_memory_bytes, y->second.total_memory_bytes) << x->first;
    expect_close(x->second.total_duration_us, y->second.total_duration_us);
  }
}

TEST(Weights, GiveTheSumsOfATraceThatRepeatsEachRowThatOften) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const auto [once, often] = weighted(random_trace(seed, seed % 2 == 0), seed);
    expect_same(operation_summary(once), operation_summary(often));
    expect_same(per_device_summary(once), per_device_summary(often));
    EXPECT_EQ(once.total_memory_bytes(), often.total_memory_bytes());
    expect_close(once.total_duration_us, often.total_duration_us);
    const auto averages = avg_duration_by_op(often);
    for (const auto& [op, us] : avg_duration_by_op(once)) expect_close(us, averages.at(op));
  }
}

TEST(Weights, GiveTheComparisonsOfATraceThatRepeatsEachRowThatOften) {
  std::uint64_t compared = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const auto [once, often] = weighted(random_trace(seed, true), seed);
    const auto a = communication_bottlenecks(once, 0.0);
    const auto b = communication_bottlenecks(often, 0.0);
    ASSERT_EQ(a.size(), b.size());
    for (std::size_t i = 0; i < a.size(); ++i) {
      EXPECT_EQ(a[i].operation, b[i].operation);
      EXPECT_EQ(a[i].call_count, b[i].call_count);
      expect_close(a[i].ratio_of_total, b[i].ratio_of_total);
    }
    const auto balance = load_balance_metrics(once);
    const auto straggler = compare_compute(once);
    const auto its_straggler = compare_compute(often);
    ASSERT_EQ(straggler.has_value(), its_straggler.has_value());
    if (!balance || !straggler) continue;
    ++compared;
    expect_close(balance->max_duration_us, load_balance_metrics(often)->max_duration_us);
    EXPECT_EQ(straggler->device, its_straggler->device);
    expect_close(straggler->compute_us, its_straggler->compute_us);
    expect_close(straggler->others_communication_us, its_straggler->others_communication_us);
  }
  EXPECT_GT(compared, 100U);
}

TEST(Weights, OfOneChangeNothing) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const Trace plain = random_trace(seed, true);
    Trace with_column;
    for (std::size_t row = 0; row < plain.size(); ++row) with_column.add(plain[row].to_entry());
    Trace without = with_column;
    TraceEntry last = make_entry(0, "last of all");  // its weight makes the column of weights
    last.weight = 2;
    with_column.add(last);
    auto sums = operation_summary(with_column);
    EXPECT_EQ(sums.at("last of all").count, 2U);
    sums.erase("last of all");
    EXPECT_EQ(sums, operation_summary(without));  // to the last bit
  }
}

TEST(Weights, SaturateCountsAndBytes) {
  Trace trace =
      TraceBuilder().thread("t").bytes(UINT64_MAX / 2).weight(3).untimed("a", 1us).folded("b", 1, 1us).build();
  trace.folded[0].count = UINT64_MAX;
  trace.folded[0].extra = 7;
  const auto sums = operation_summary(trace);
  EXPECT_EQ(sums.at("a").total_memory_bytes, UINT64_MAX);
  EXPECT_EQ(sums.at("b").count, UINT64_MAX);
  trace.folded.push_back(trace.folded[0]);
  EXPECT_EQ(operation_summary(trace).at("b").count, UINT64_MAX);
}

// What a session with a rate of one in `one_in` would have kept of a trace.
Trace sampled(const Trace& whole, std::uint32_t one_in, std::mt19937_64& random) {
  Trace kept;
  for (std::size_t row = 0; row < whole.size(); ++row) {
    if (random() % one_in != 0) continue;
    TraceEntry entry = whole[row].to_entry();
    entry.weight = one_in;
    kept.add(entry);
  }
  return kept;
}

// Estimates of many samples, and how far their mean may be from the truth.
class Estimates {
 public:
  void add(double value) {
    ++count_;
    sum_ += value;
    squares_ += value * value;
  }
  // With five standard errors one right estimator in two million would fail.
  void expect_mean(double truth, const char* what) const {
    const double mean = sum_ / count_;
    const double variance = (squares_ - count_ * mean * mean) / (count_ - 1.0);
    EXPECT_NEAR(mean, truth, 5.0 * std::sqrt(variance / count_)) << what;
    EXPECT_GT(variance, 0.0) << what;
  }

 private:
  double count_ = 0.0;
  double sum_ = 0.0;
  double squares_ = 0.0;
};

TEST(Weights, MakeTheEstimatesOfRandomSamplesUnbiased) {
  TraceBuilder builder;
  std::mt19937_64 random(7);
  for (int i = 0; i < 600; ++i) {
    builder.on(i % 3 == 0 ? "gpu:0" : "gpu:1").bytes(random() % 5'000);
    const auto ns = static_cast<std::int64_t>(random() % 40'000 + (i % 50 == 0 ? 500'000 : 0));
    builder.untimed(i % 4 == 0 ? "allreduce" : "matmul", Nanoseconds{ns});
  }
  const Trace whole = builder.build();
  for (const std::uint32_t one_in : {2U, 7U, 40U}) {
    SCOPED_TRACE("1 in " + std::to_string(one_in));
    Estimates count;
    Estimates duration;
    Estimates memory;
    Estimates device;
    Estimates total;
    for (int i = 0; i < 2'000; ++i) {
      const Trace sample = sampled(whole, one_in, random);
      const Summary of_op = operation_summary(sample)["allreduce"];
      count.add(static_cast<double>(of_op.count));
      duration.add(of_op.total_duration_us);
      memory.add(static_cast<double>(of_op.total_memory_bytes));
      device.add(per_device_summary(sample)["gpu:0"].total_duration_us);
      total.add(sample.total_duration_us);
    }
    const Summary truth = operation_summary(whole).at("allreduce");
    count.expect_mean(static_cast<double>(truth.count), "count");
    duration.expect_mean(truth.total_duration_us, "duration");
    memory.expect_mean(static_cast<double>(truth.total_memory_bytes), "memory");
    device.expect_mean(per_device_summary(whole).at("gpu:0").total_duration_us, "device");
    total.expect_mean(whole.total_duration_us, "total");
  }
}

}  // namespace
}  // namespace ringtail::inline v1

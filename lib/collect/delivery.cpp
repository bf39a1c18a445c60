#include "collect/delivery.h"

#include <chrono>
#include <exception>
#include <new>
#include <utility>

#include "base/cancellation.h"
#include "collect/own_call.h"

namespace ringtail::inline v1 {
namespace {

// How often a sink hears that the same spans are still open: so the time of a hang is in a file that is killed.
constexpr std::chrono::seconds kHangTold{1};

}  // namespace

void Delivery::begin() {
  batch_ = Trace();
  open_spans_.clear();
  attempted_ = 0;
  told_ = Nanoseconds{0};
  delivered_us_ = 0.0;
  failed_ = false;
  error_.clear();
}

void Delivery::fail(const char* what) noexcept {
  failed_ = true;
  try {
    error_ = *what != '\0' ? what : "an error without a message";
  } catch (...) {
    error_ = "no memory";  // short enough to need none
  }
}

// What the sink returned or threw is kept; so is that there was no memory to call it.
template <class Call>
void Delivery::guarded(const Call& call) noexcept {
  const NoCancellation whole;
  const OwnCall inside(registry_);
  try {
    const Status status = call();
    if (!status.ok()) fail(status.error().message.c_str());
  } catch (const std::exception& error) {
    fail(error.what());
  } catch (...) {
    fail("an exception that is no std::exception");
  }
}

bool Delivery::has_news(const Harvest& harvest) {
  std::uint64_t attempted = 0;
  for (const ThreadAccount& account : harvest.accounts) attempted += account.attempted;
  const Nanoseconds now = harvest.latest ? harvest.latest->monotonic : told_;
  const bool hangs = !harvest.open_spans.empty() && now - told_ >= kHangTold;
  const bool news =
      !harvest.segments.empty() || attempted != attempted_ || harvest.open_spans != open_spans_ || hangs;
  if (news) told_ = now;
  attempted_ = attempted;
  if (news) open_spans_ = harvest.open_spans;
  return news;
}

Delivery::Outcome Delivery::deliver(const Harvest& harvest) noexcept {
  if (failed_) return Outcome::kFailed;
  double rows_us = 0.0;
  try {
    if (!has_news(harvest)) return Outcome::kDelivered;
    registry_.extend_threads(batch_.threads);
    rows_us = assemble(harvest, registry_, source_, batch_);
  } catch (const std::bad_alloc&) {
    attempted_ = ~std::uint64_t{0};  // whatever comes is news
    return Outcome::kNoMemory;
  }
  guarded([&] { return sink_.append(batch_); });
  if (failed_) return Outcome::kFailed;
  delivered_us_ += rows_us;
  return Outcome::kDelivered;
}

void Delivery::finish(const Trace& end) noexcept {
  if (!sink_.finish || failed_) return;
  guarded([&] { return sink_.finish(end); });
}

}  // namespace ringtail::inline v1

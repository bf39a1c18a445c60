#include "tests/model/execution.h"

#include <algorithm>
#include <bit>
#include <stdexcept>

namespace ringtail::model {

namespace {

bool acquires(std::memory_order order) {
  return order == std::memory_order_acquire || order == std::memory_order_acq_rel ||
         order == std::memory_order_seq_cst;
}
bool releases(std::memory_order order) {
  return order == std::memory_order_release || order == std::memory_order_acq_rel ||
         order == std::memory_order_seq_cst;
}

const char* name_of(std::memory_order order) {
  switch (order) {
    case std::memory_order_relaxed: return "relaxed";
    case std::memory_order_consume:
    case std::memory_order_acquire: return "acquire";
    case std::memory_order_release: return "release";
    case std::memory_order_acq_rel: return "acq_rel";
    default: return "seq_cst";
  }
}
const char* name_of(Access access) {
  constexpr std::array<const char*, 3> kNames{"load", "store", "rmw"};
  return kNames[static_cast<std::size_t>(access)];
}

// The name of "void ringtail::Lane<A>::retire(int) [with A = B]" is "retire"; a lambda's is its function's.
std::string short_name(std::string_view function) {
  function = function.substr(0, function.find('('));
  int nested = 0;
  for (std::size_t i = function.size(); i-- > 0;) {
    nested += (function[i] == '>') - (function[i] == '<');
    if (nested == 0 && (function[i] == ':' || function[i] == ' ')) return std::string(function.substr(i + 1));
  }
  return std::string(function);
}

Site site_of(const std::source_location& where, Access access, std::memory_order order) {
  const std::string_view file(where.file_name());
  return {std::string(file.substr(file.rfind('/') + 1)),
          short_name(where.function_name()),
          where.line(),
          where.column(),
          access,
          order};
}

}  // namespace

void Execution::came_before(std::size_t thread, std::uint32_t time, const char* what) {
  if (time > me().knowledge.clock[thread]) {
    fail(std::string(what) + " of T" + std::to_string(thread) + " and T" + std::to_string(current_));
  }
}

void Execution::make(Word& word) {
  if (made_ == kMostWatched - kMostMutexes) throw std::logic_error("too many atomics");
  word.number_ = made_++;
  word.made_by_ = static_cast<std::uint8_t>(current_);
  word.made_at_ = tick();
  if (learned_.size() < made_) learned_.resize(made_);
}

// Learns who uses the location.
void Execution::use(const Word& word, bool writes) {
  tick();
  came_before(word.made_by_, word.made_at_, "an atomic is used before it is made: a data race");
  if (++steps_ > options_.most_steps) {
    fail("a loop without yield(): more than " + std::to_string(options_.most_steps) + " steps");
    throw Unwind{};
  }
  if (!together_) return;
  if (!writes) me().looked_at.set(word.number_);
  const Learned& known = learned_[word.number_];
  const auto self = static_cast<std::uint8_t>(1U << current_);
  learn(word, writes);
  // Nobody else writes what this thread only reads, or nobody else uses it: then who comes first makes no difference.
  const std::uint8_t others = writes ? known.users : known.writers;
  if ((others & ~self) != 0) point();
}

// What is new about a location's users changes where switches are tried, so the search begins again.
void Execution::learn(const Word& word, bool writes) {
  const auto self = static_cast<std::uint8_t>(1U << current_);
  word.users_ |= self;
  if (writes) word.writers_ |= self;
  Learned& known = learned_[word.number_];
  if ((word.users_ & ~known.users) == 0 && (word.writers_ & ~known.writers) == 0) return;
  if (!failure_.empty()) return;
  const bool mattered = known.writers != 0 && std::popcount(known.users) > 1;
  known.users |= word.users_;
  known.writers |= word.writers_;
  begin_again_ |= mattered || (known.writers != 0 && std::popcount(known.users) > 1);
}

std::vector<Store>& Execution::history(Word& word) {
  if (word.history_ < 0) {
    if (histories_used_ == kMostLocations) throw std::logic_error("too many locations");
    word.history_ = static_cast<std::int16_t>(histories_used_);
    for (std::size_t i = 0; i < threads_; ++i) fibres_[i].knowledge.oldest[histories_used_] = 0;
    histories_[histories_used_++].clear();
  }
  return histories_[static_cast<std::size_t>(word.history_)];
}

void Execution::push(Word& word, std::uint64_t value, bool carries, const Store* goes_on) {
  std::vector<Store>& stores = history(word);
  Knowledge before;  // as `goes_on` may move
  const bool goes = goes_on != nullptr && goes_on->carries;
  if (goes) before.copy(goes_on->knowledge, goes_on->knowledge.locations);
  Store& added = stores.emplace_back();
  added.value = value;
  added.carries = carries || goes;
  Knowledge& mine = me().knowledge;
  mine.oldest[static_cast<std::size_t>(word.history_)] = static_cast<std::uint16_t>(stores.size());
  if (carries) {
    added.knowledge.copy(mine, histories_used_);
    if (goes) added.knowledge.join(before);
  } else if (goes) {
    added.knowledge.copy(before, before.locations);
  }
  ++stores_;
  tell(word.number_);
}

// Of so many stores, from the newest.
std::size_t Execution::choose_store(std::size_t stores) {
  if (stores == 1) return 0;
  if (!me().behind && delays_ == options_.delays) return 0;
  const std::size_t newer = pick(stores);
  delays_ += newer > 0 && !me().behind;
  me().behind = newer > 0;
  return newer;
}

std::uint64_t Execution::load(const Word& word, std::memory_order order, const std::source_location& where) {
  order = note(where, Access::kLoad, order);
  use(word, false);
  if (word.history_ < 0) {
    log(word, word.initial_, Access::kLoad, order, where, 0);
    return word.initial_;
  }
  const auto at = static_cast<std::size_t>(word.history_);
  const std::vector<Store>& stores = histories_[at];
  std::uint16_t& oldest = me().knowledge.oldest[at];
  const bool repeated = mutated(Mutation::Change::kRepeated, where, Access::kLoad);
  const std::size_t newer = repeated ? stores.size() - oldest : choose_store(stores.size() - oldest + 1U);
  oldest = static_cast<std::uint16_t>(stores.size() - newer);
  const std::uint64_t value = oldest == 0 ? word.initial_ : stores[oldest - 1U].value;
  log(word, value, Access::kLoad, order, where, newer);
  if (oldest > 0 && acquires(order) && stores[oldest - 1U].carries) {
    me().knowledge.join(stores[oldest - 1U].knowledge);
  }
  return value;
}

void Execution::store(Word& word, std::uint64_t value, std::memory_order order, const std::source_location& where) {
  order = note(where, Access::kStore, order);
  use(word, true);
  if (mutated(Mutation::Change::kDropped, where, Access::kStore)) return;
  push(word, value, releases(order), nullptr);
  log(word, value, Access::kStore, order, where, 0);
}

std::uint64_t Execution::change(Word& word, const std::function<std::uint64_t(std::uint64_t)>& with,
                                std::memory_order order, const std::source_location& where) {
  order = note(where, Access::kReadModifyWrite, order);
  use(word, true);
  std::vector<Store>& stores = history(word);
  const Store* last = stores.empty() ? nullptr : &stores.back();
  const std::uint64_t before = last != nullptr ? last->value : word.initial_;
  if (last != nullptr && last->carries && acquires(order)) me().knowledge.join(last->knowledge);
  push(word, with(before), releases(order), last);
  log(word, with(before), Access::kReadModifyWrite, order, where, 0);
  return before;
}

// --- sites and traces ---

// The order that the access has here.
std::memory_order Execution::note(const std::source_location& where, Access access, std::memory_order order) {
  const char*& last = reached_[(where.line() * 61 + where.column()) % reached_.size()];
  if (last != where.file_name()) {
    last = where.file_name();
    const Site site = site_of(where, access, order);
    if (std::ranges::find(sites_, site) == sites_.end()) sites_.push_back(site);
  }
  return mutated(Mutation::Change::kRelaxed, where, access) ? std::memory_order_relaxed : order;
}

bool Execution::mutated(Mutation::Change change, const std::source_location& where, Access access) const {
  if (!options_.mutation || options_.mutation->change != change) return false;
  const Site& site = options_.mutation->site;
  return where.line() == site.line && where.column() == site.column && access == site.access &&
         std::string_view(where.file_name()).ends_with(site.file);
}

void Execution::log(const std::string& line) {
  if (tracing_ && failure_.empty()) trace_ += line + "\n";
}

void Execution::log(const Word& word, std::uint64_t value, Access access, std::memory_order order,
                    const std::source_location& where, std::size_t newer) {
  if (!tracing_) return;
  std::string line = "T" + std::to_string(current_) + "  " + to_string(site_of(where, access, order)) +
                     ": location " + std::to_string(word.number_) + " is " + std::to_string(value);
  if (newer > 0) line += " (" + std::to_string(newer) + " newer)";
  log(line);
}

std::string to_string(const Site& site) {
  return std::string(name_of(site.access)) + " " + name_of(site.order) + " in " + site.function + " (" + site.file +
         ":" + std::to_string(site.line) + ")";
}

Word::Word(std::uint64_t initial) : initial_(initial) { execution().make(*this); }
std::uint64_t Word::load(std::memory_order order, const std::source_location& where) const {
  return execution().load(*this, order, where);
}
void Word::store(std::uint64_t value, std::memory_order order, const std::source_location& where) {
  execution().store(*this, value, order, where);
}
std::uint64_t Word::change(const std::function<std::uint64_t(std::uint64_t)>& with, std::memory_order order,
                           const std::source_location& where) {
  return execution().change(*this, with, order, where);
}

Uses::Uses() : writer_(static_cast<std::uint8_t>(execution().thread())), written_at_(execution().tick()) {}

void Uses::read() const {
  Execution& now = execution();
  now.came_before(writer_, written_at_, "a data race: a write and a read");
  read_at_[now.thread()] = now.tick();
}

void Uses::write() {
  Execution& now = execution();
  now.came_before(writer_, written_at_, "a data race: two writes");
  for (std::size_t i = 0; i < read_at_.size(); ++i)
    now.came_before(i, read_at_[i], "a data race: a read and a write");
  writer_ = static_cast<std::uint8_t>(now.thread());
  written_at_ = now.tick();
}

}  // namespace ringtail::model

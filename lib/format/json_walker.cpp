#include "format/json_walker.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "format/number_text.h"

namespace ringtail::inline v1 {
namespace {

constexpr std::size_t kMostNumberBytes = 64 * 1024;  // Boost.JSON counts digits in an int
constexpr std::size_t kQuotedBytes = 64;             // more than a message shows of a string

using Need = Rule::Need;
using Sort = Form::Sort;

// A longer one is shown as other keys are: quoted and cut.
bool is_short_identifier(std::string_view text) {
  return !text.empty() && text.size() <= kQuotedBytes && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

void append_key(std::string& path, std::string_view key) {
  if (is_short_identifier(key)) {
    path.append(".").append(key);
  } else {
    path.append("[").append(quoted(key)).append("]");
  }
}

std::string cut(std::string_view number) {
  constexpr std::size_t kShown = 40;
  return std::string(number.substr(0, kShown)) + (number.size() > kShown ? "..." : "");
}

}  // namespace

std::string JsonWalker::path() const {
  std::string path = "$";
  for (std::size_t i = 0; i < depth_; ++i) {
    const Frame& frame = frames_[i];
    if (frame.form->sort == Sort::kList) {
      if (frame.count > 0) path.append("[").append(std::to_string(frame.count - 1)).append("]");
    } else if (frame.has_key) {
      append_key(path, frame.rule != nullptr && frame.form->sort == Sort::kFields ? frame.rule->key : frame.key);
    }
  }
  return path;
}

bool JsonWalker::refuse(std::string_view problem, ErrorCode code) {
  failure_ = Failure{code, path().append(": ").append(problem), std::nullopt};
  return false;
}

bool JsonWalker::mismatch(const Rule& rule, std::string_view found) {
  return refuse(std::string("expected ").append(expectation_of(rule)).append(", found ").append(found));
}

bool JsonWalker::out_of_range(const Rule& rule) {
  std::string problem = "expected ";
  if (rule.kind == Kind::kUnsigned) {
    problem.append("an unsigned integer ");
    if (rule.least > 0) {
      problem.append("from ").append(std::to_string(rule.least)).append(" to ");
    } else {
      problem.append("up to ");
    }
    problem.append(std::to_string(rule.most));
  } else {
    problem.append("an integer from ").append(std::to_string(rule.least)).append(" to 9223372036854775807");
  }
  return refuse(problem.append(", found ").append(cut(number_)));
}

const Rule* JsonWalker::current_rule() const {
  if (ignored_ > 0) return nullptr;
  if (depth_ == 0) return &kDocumentRule;
  const Frame& frame = frames_[depth_ - 1];
  return frame.form->sort == Sort::kFields ? frame.rule : frame.form->rules.data();
}

const Rule* JsonWalker::begin_value() {
  const Rule* rule = current_rule();
  if (rule != nullptr && depth_ > 0 && top().form->sort == Sort::kList) ++top().count;
  return rule;
}

bool JsonWalker::begin_container(Kind kind) {
  const Rule* rule = begin_value();
  if (rule == nullptr) {
    ++ignored_;
    return true;
  }
  if (rule->kind != kind) return mismatch(*rule, kind == Kind::kObject ? "an object" : "an array");
  assert(depth_ < kDeepestForm);
  Frame& frame = frames_[depth_++];
  frame.form = rule->inside;
  frame.rule = nullptr;
  frame.slot = rule->slot;
  frame.seen = 0;
  frame.count = 0;
  frame.has_key = false;
  if (!frame.unknown.empty()) frame.unknown.clear();
  return assembled(assembler_.begin(rule->slot));
}

bool JsonWalker::end_container() {
  if (ignored_ > 0) {
    --ignored_;
    return true;
  }
  Frame& frame = top();
  frame.has_key = false;  // what is wrong now is wrong with the container
  if (frame.form->sort == Sort::kList) frame.count = 0;
  if (frame.form->sort == Sort::kFields) {
    const auto rules = frame.form->rules;
    for (std::size_t i = 0; i < rules.size(); ++i) {
      const bool missing = rules[i].need == Need::kRequired && (frame.seen >> i & 1U) == 0;
      if (missing) return refuse("expected the key " + quoted(rules[i].key) + ", found the object's end");
    }
  }
  if (!assembled(assembler_.end(frame.slot))) return false;
  --depth_;
  return true;
}

bool JsonWalker::collect_key(Text part) {
  if (ignored_ == 0) parts_.append(part.data(), part.size());
  return true;
}

bool JsonWalker::on_key(Text last, std::size_t, Code& code) {
  if (ignored_ == 0) {
    std::string_view name(last.data(), last.size());
    if (!parts_.empty()) name = parts_.append(last.data(), last.size());
    const bool fine = key(name);
    parts_.clear();
    if (!fine) return check(false, code);
  }
  accept_string(last);
  return true;
}

bool JsonWalker::key(std::string_view name) {
  Frame& frame = top();
  frame.has_key = true;
  if (frame.form->sort == Sort::kMap) {
    frame.key = name;
    return assembler_.metadata_key(name) || refuse("expected each key once, found " + quoted(name) + " again");
  }
  const auto rules = frame.form->rules;
  // Most files keep the order of the table, so the rule after the last one is tried first.
  std::size_t at = frame.count;
  if (at >= rules.size() || rules[at].key != name) {
    at = static_cast<std::size_t>(std::ranges::find(rules, name, &Rule::key) - rules.begin());
  }
  bool is_new = true;
  if (at < rules.size()) {
    frame.rule = &rules[at];
    frame.count = at + 1;
    is_new = (frame.seen >> at & 1U) == 0;
    frame.seen |= std::uint64_t{1} << at;
  } else {
    frame.rule = nullptr;
    frame.key = name;
    is_new = frame.unknown.emplace(name).second;
  }
  return is_new || refuse("expected each key once, found " + quoted(name) + " again");
}

void JsonWalker::accept_string(Text last) {
  if (locator_.in_block(last.data())) {
    locator_.accept_until(last.data() + last.size() + 1);  // behind the closing quote
  } else {
    locator_.accept_string();
  }
}

bool JsonWalker::collect_string(Text part) {
  const Rule* rule = current_rule();
  if (rule == nullptr) return true;
  const bool only_quoted = rule->kind != Kind::kString;
  const std::size_t room = only_quoted ? kQuotedBytes - std::min(kQuotedBytes, parts_.size()) : part.size();
  parts_.append(part.data(), std::min(part.size(), room));
  return true;
}

bool JsonWalker::on_string(Text last, std::size_t, Code& code) {
  std::string_view value(last.data(), last.size());
  if (!parts_.empty()) value = parts_.append(last.data(), last.size());
  const bool fine = text(value);
  parts_.clear();
  if (!fine) return check(false, code);
  accept_string(last);
  return true;
}

bool JsonWalker::text(std::string_view value) {
  const Rule* rule = begin_value();
  if (rule == nullptr) return true;
  if (rule->kind != Kind::kString) return mismatch(*rule, quoted(value));
  return assembled(assembler_.text(rule->slot, value));
}

bool JsonWalker::collect_number(Text part) {
  if (!in_number_) {
    in_number_ = true;
    number_bytes_ = 0;
    number_offset_ = locator_.offset_of(part.data());
  }
  number_bytes_ += part.size();
  if (number_bytes_ > kMostNumberBytes) {
    refuse("expected a number of at most " + std::to_string(kMostNumberBytes) + " bytes, found a longer one");
    failure_->offset = number_offset_;
    return false;
  }
  if (current_rule() != nullptr) parts_.append(part.data(), part.size());
  return true;
}

bool JsonWalker::finish_number(Text last) {
  if (in_number_ || last.size() > kMostNumberBytes) {
    if (!collect_number(last)) return false;
    in_number_ = false;
    number_ = parts_;
  } else {
    number_offset_ = locator_.offset_of(last.data());
    number_ = std::string_view(last.data(), last.size());
  }
  locator_.accept_until(last.data() + last.size());
  return true;
}

// The locator is behind the number already, so a failure says itself where the number began.
bool JsonWalker::end_number(bool fine, Code& code) {
  parts_.clear();
  if (!fine) failure_->offset = number_offset_;
  return check(fine, code);
}

bool JsonWalker::on_int64(std::int64_t value, Text last, Code& code) {
  const auto magnitude = static_cast<std::uint64_t>(value);
  return end_number(finish_number(last) && integer(value < 0 ? 0 - magnitude : magnitude), code);
}

bool JsonWalker::on_uint64(std::uint64_t value, Text last, Code& code) {
  return end_number(finish_number(last) && integer(value), code);
}

bool JsonWalker::on_double(double, Text last, Code& code) {
  return end_number(finish_number(last) && number(), code);
}

bool JsonWalker::integer(std::uint64_t magnitude) {
  const Rule* rule = begin_value();
  if (rule == nullptr) return true;
  const bool negative = number_.front() == '-';  // also of -0
  switch (rule->kind) {
    case Kind::kUnsigned:
      if (negative) return mismatch(*rule, cut(number_));
      if (magnitude > rule->most) return out_of_range(*rule);
      if (rule->least > 0 && magnitude < static_cast<std::uint64_t>(rule->least)) return out_of_range(*rule);
      return assembled(assembler_.unsigned_value(rule->slot, magnitude, number_offset_));
    case Kind::kSigned: {
      if (!negative && magnitude > std::uint64_t{INT64_MAX}) return out_of_range(*rule);
      const auto value = static_cast<std::int64_t>(negative ? 0 - magnitude : magnitude);
      if (value < rule->least) return out_of_range(*rule);
      assembler_.signed_value(rule->slot, value);
      return true;
    }
    case Kind::kNumber: {
      const auto value = static_cast<double>(magnitude);
      assembler_.number(rule->slot, negative ? -value : value);
      return true;
    }
    default: return mismatch(*rule, cut(number_));
  }
}

bool JsonWalker::number() {
  const Rule* rule = begin_value();
  if (rule == nullptr) return true;
  if (rule->kind == Kind::kNumber) {
    const std::optional<double> value = double_of(number_);
    if (!value) return refuse("expected a number that a double can hold, found " + cut(number_));
    assembler_.number(rule->slot, *value);
    return true;
  }
  // Boost.JSON makes a double of an integer that 64 bits do not hold.
  const bool is_integer = number_.find_first_of(".eE") == std::string_view::npos;
  const bool is_large =
      is_integer && (rule->kind == Kind::kSigned || (rule->kind == Kind::kUnsigned && number_.front() != '-'));
  return is_large ? out_of_range(*rule) : mismatch(*rule, cut(number_));
}

bool JsonWalker::truth(bool value) {
  const Rule* rule = begin_value();
  if (rule == nullptr) return true;
  if (rule->kind != Kind::kBool) return mismatch(*rule, value ? "true" : "false");
  assembler_.truth(rule->slot, value);
  return true;
}

bool JsonWalker::null() {
  const Rule* rule = begin_value();
  return rule == nullptr || rule->need == Need::kOptionalOrNull || mismatch(*rule, "null");
}

}  // namespace ringtail::inline v1

// The law is the three tables below; everything after them applies it. A header that no table knows is
// refused, so a new dependency is first written down here.
#include "tests/layering/include_law.h"

#include <algorithm>
#include <optional>

namespace ringtail::layering {

namespace {

using Words = std::vector<std::string_view>;

// A stage may include itself and these.
struct StageRule {
  std::string_view stage;
  Words may_include;
};

const std::vector<StageRule> kStages = {
    {"base", {}},
    {"trace", {"base"}},
    {"record", {"trace", "base"}},
    {"collect", {"record", "trace", "base"}},
    {"analyze", {"trace", "base"}},
    {"format", {"trace", "base"}},
    {"inject", {"collect", "record", "trace", "base"}},
    {"scale", {"analyze", "format", "trace", "base"}},
};

// Headers of others that begin with `prefix`, and the folders that may include them.
struct LibraryRule {
  std::string_view prefix;
  Words folders;
};

const std::vector<LibraryRule> kLibraries = {
    {"boost/lockfree/", {"include/ringtail/record/", "lib/record/"}},
    {"boost/json", {"lib/format/"}},
    {"otf2/", {"lib/format/"}},
    {"protozero/", {"lib/format/"}},
    {"zlib.h", {"lib/format/"}},
    {"zstd.h", {"lib/format/"}},
    {"mpi.h", {"lib/scale/"}},
    {"cupti", {"lib/inject/"}},
    {"nvtx3/", {"lib/inject/"}},
    {"CLI/", {"tools/"}},
    {"fmt/", {"tools/"}},
};

// Headers of the system and the compiler: anywhere. Those of the C++ library have no dot in their names.
const Words kSystemHeaders = {
    "arm_acle.h", "cpuid.h", "cxxabi.h", "dlfcn.h",    "elf.h",     "fcntl.h",     "immintrin.h",
    "link.h",     "linux/",  "malloc.h", "poll.h",     "pthread.h", "sched.h",     "signal.h",
    "spawn.h",    "sys/",    "time.h",   "ucontext.h", "unistd.h",  "x86intrin.h",
};

bool any_prefix(const Words& prefixes, std::string_view text) {
  return std::any_of(prefixes.begin(), prefixes.end(), [&](std::string_view word) { return text.starts_with(word); });
}

bool is_of_the_system(std::string_view target) {
  return target.find_first_of("./") == std::string_view::npos || any_prefix(kSystemHeaders, target);
}

const StageRule* rule_of(std::string_view stage) {
  const auto found =
      std::find_if(kStages.begin(), kStages.end(), [&](const auto& rule) { return rule.stage == stage; });
  return found == kStages.end() ? nullptr : &*found;
}

// The folder that follows `parent` in a path: stage_in("lib/trace/names.cpp", "lib/") is "trace".
std::optional<std::string_view> stage_in(std::string_view path, std::string_view parent) {
  if (!path.starts_with(parent)) return std::nullopt;
  path.remove_prefix(parent.size());
  const std::size_t slash = path.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  return path.substr(0, slash);
}

std::optional<std::string_view> stage_of(std::string_view path) {
  if (const auto stage = stage_in(path, "include/ringtail/")) return stage;
  return stage_in(path, "lib/");
}

// What `target` is, seen from a file: a file of this project, or empty for one of others.
std::string resolve(const SourceTree& tree, const SourceFile& from, std::string_view target) {
  std::string public_header = "include/" + std::string(target);
  if (find(tree, public_header)) return public_header;
  std::string internal = "lib/" + std::string(target);
  if (find(tree, internal)) return internal;
  if (!from.path.starts_with("tools/")) return {};
  const std::string ending = "/" + std::string(target);
  for (const SourceFile& file : tree) {
    if (file.path.starts_with("tools/") && file.path.ends_with(ending)) return file.path;
  }
  return {};
}

// Why `from` may not include a file of this project, or nothing.
std::string objection_to_ours(const SourceFile& from, std::string_view included) {
  if (from.path.starts_with("tools/")) {
    if (!included.starts_with("lib/")) return {};
    return "tools may include public headers only, found " + std::string(included);
  }
  if (from.path.starts_with("include/") && !included.starts_with("include/")) {
    return "a public header may include public headers only, found " + std::string(included);
  }
  const std::string here(stage_of(from.path).value_or(""));
  const std::string there(stage_of(included).value_or(""));
  const StageRule* rule = rule_of(here);
  if (!rule) return "expected a file in the folder of a stage, found stage \"" + here + "\"";
  if (there == here || any_prefix(rule->may_include, there)) return {};
  return here + " may not include " + there + ", found " + std::string(included);
}

// Why `from` may not include a header of others, or nothing.
std::string objection_to_library(const SourceFile& from, std::string_view target) {
  if (is_of_the_system(target)) return {};
  for (const LibraryRule& rule : kLibraries) {
    if (!target.starts_with(rule.prefix)) continue;
    if (any_prefix(rule.folders, from.path)) return {};
    return "only " + std::string(rule.folders.back()) + " may include " + std::string(target);
  }
  return "expected a header of this project or of a library in the include law, found " + std::string(target);
}

}  // namespace

Complaints broken_includes(const SourceTree& tree) {
  Complaints complaints;
  for (const SourceFile& file : tree) {
    if (!any_prefix({"include/", "lib/", "tools/"}, file.path)) continue;
    if (!file.path.ends_with(".h") && !file.path.ends_with(".cpp")) continue;
    for (const Include& include : includes_of(file.text)) {
      const std::string ours = resolve(tree, file, include.target);
      const std::string why =
          ours.empty() ? objection_to_library(file, include.target) : objection_to_ours(file, ours);
      if (!why.empty()) complaints.push_back(at(file, include.line) + why);
    }
  }
  return complaints;
}

}  // namespace ringtail::layering

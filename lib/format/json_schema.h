// format/json_schema.h
//
// The JSON trace format as a table: which keys an object has, what each may hold, and which fact of a trace it is.
// The reader follows the table (json_walker.h) and hands the facts on by their slot (json_assembler.h).
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace ringtail::inline v1 {

// One fact of a trace, or the list or object that holds facts.
enum class Slot : std::uint8_t {
  kTrace,
  kEntries,
  kMetadata,
  kMetadataValue,
  kTotalDuration,
  kExtras,
  kVersion,
  kEntry,
  kStep,
  kOperation,
  kDevice,
  kInputShapes,
  kInputShape,
  kInputDim,
  kOutputShape,
  kOutputDim,
  kDuration,
  kElements,
  kBytes,
  kBegin,
  kThread,
  kDepth,
  kQueueDelay,
  kLostBefore,
  kShapesDropped,
  kWeight,
  kOrigin,
  kOriginMonotonic,
  kOriginRealtime,
  kOriginClock,
  kOriginPairs,
  kOriginPair,
  kOriginPairMonotonic,
  kOriginPairRealtime,
  kThreadList,
  kThreadAccount,
  kThreadName,
  kThreadOsId,
  kThreadAttempted,
  kThreadRecorded,
  kThreadFolded,
  kThreadShapesDropped,
  kThreadClockSteps,
  kThreadSampledOut,
  kThreadHeld,
  kThreadCpu,
  kThreadBlocked,
  kFoldedList,
  kFolded,
  kFoldedOperation,
  kFoldedDevice,
  kFoldedCount,
  kFoldedDuration,
  kFoldedBytes,
  kFoldedLongest,
  kFoldedExtra,
  kLossList,
  kLoss,
  kLossThread,
  kLossDevice,
  kLossCause,
  kLossCount,
  kLossFirst,
  kLossLast,
  kOpenList,
  kOpen,
  kOpenThread,
  kOpenOperation,
  kOpenDevice,
  kOpenDepth,
  kOpenBegin,
  kCategoryList,
  kCategory,
  kCategoryName,
  kCategoryRecorded,
  kCategoryShortest,
  kCategoryOneIn,
  kCategoryGoverned,
  kCost,
  kCostRecorded,
  kCostFolded,
  kCostSampledOut,
  kCostCollectorCpu,
  kCostProcessCpu,
  kCostWall,
};

enum class Kind : std::uint8_t { kUnsigned, kSigned, kNumber, kString, kBool, kArray, kObject };

struct Form;

// What may stand behind a key, or as an element of an array.
struct Rule {
  std::string_view key;  // empty for elements, and for the document
  Kind kind = Kind::kObject;
  Slot slot = Slot::kTrace;
  enum class Need : std::uint8_t { kRequired, kOptional, kOptionalOrNull } need = Need::kRequired;
  const Form* inside = nullptr;     // of kArray and kObject
  std::uint64_t most = UINT64_MAX;  // of kUnsigned
  std::int64_t least = INT64_MIN;   // of kSigned, and of kUnsigned where it is above 0
};

// What a container holds.
struct Form {
  enum class Sort : std::uint8_t {
    kFields,  // an object: one rule per known key, others are ignored
    kMap,     // an object: any key, one rule for all values
    kList,    // an array: one rule for all elements
  } sort;
  std::span<const Rule> rules;  // at most 64
};

// What a trace holds at most of these.
inline constexpr std::uint64_t kMostThread = 0xFFFF'FFFE;  // the next one is kNoThread
inline constexpr std::uint64_t kMostDepth = 0xFFFF;
inline constexpr std::uint64_t kMostWeight = 0xFFFF'FFFF;

// The whole document.
extern const Rule kDocumentRule;

inline constexpr std::size_t kDeepestForm = 8;  // no rule of the table lies deeper; a test walks it

// "an unsigned integer", "a string or null", ...: what a rule expects, for messages.
[[nodiscard]] std::string_view expectation_of(const Rule& rule) noexcept;

}  // namespace ringtail::inline v1

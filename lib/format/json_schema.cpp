#include "format/json_schema.h"

namespace ringtail::inline v1 {
namespace {

using Need = Rule::Need;
using Sort = Form::Sort;

constexpr std::int64_t kLeastTime = INT64_MIN + 1;  // the one below is kNoTime

constexpr Rule kInputDim[] = {{"", Kind::kUnsigned, Slot::kInputDim}};
constexpr Form kInputShape = {Sort::kList, kInputDim};
constexpr Rule kInputShapes[] = {{"", Kind::kArray, Slot::kInputShape, Need::kRequired, &kInputShape}};
constexpr Form kInputShapeList = {Sort::kList, kInputShapes};
constexpr Rule kOutputDim[] = {{"", Kind::kUnsigned, Slot::kOutputDim}};
constexpr Form kOutputShape = {Sort::kList, kOutputDim};

constexpr Rule kEntryKeys[] = {
    {"step", Kind::kUnsigned, Slot::kStep},
    {"operation", Kind::kString, Slot::kOperation},
    {"device_id", Kind::kString, Slot::kDevice, Need::kOptionalOrNull},
    {"input_shapes", Kind::kArray, Slot::kInputShapes, Need::kRequired, &kInputShapeList},
    {"output_shape", Kind::kArray, Slot::kOutputShape, Need::kRequired, &kOutputShape},
    {"duration_us", Kind::kNumber, Slot::kDuration},
    {"output_elements", Kind::kUnsigned, Slot::kElements},
    {"memory_bytes", Kind::kUnsigned, Slot::kBytes},
    {"begin_ns", Kind::kSigned, Slot::kBegin, Need::kOptional, nullptr, 0, kLeastTime},
    {"thread", Kind::kUnsigned, Slot::kThread, Need::kOptional, nullptr, kMostThread},
    {"depth", Kind::kUnsigned, Slot::kDepth, Need::kOptional, nullptr, kMostDepth},
    {"queue_delay_ns", Kind::kSigned, Slot::kQueueDelay, Need::kOptional, nullptr, 0, kLeastTime},
    {"lost_before", Kind::kUnsigned, Slot::kLostBefore, Need::kOptional},
    {"shapes_dropped", Kind::kBool, Slot::kShapesDropped, Need::kOptional},
    {"weight", Kind::kUnsigned, Slot::kWeight, Need::kOptional, nullptr, kMostWeight, 1},
};
constexpr Form kEntry = {Sort::kFields, kEntryKeys};
constexpr Rule kEntryList[] = {{"", Kind::kObject, Slot::kEntry, Need::kRequired, &kEntry}};
constexpr Form kEntries = {Sort::kList, kEntryList};

constexpr Rule kMetadataValues[] = {{"", Kind::kString, Slot::kMetadataValue}};
constexpr Form kMetadata = {Sort::kMap, kMetadataValues};

constexpr Rule kPairKeys[] = {
    {"monotonic_ns", Kind::kSigned, Slot::kOriginPairMonotonic},
    {"realtime_ns", Kind::kSigned, Slot::kOriginPairRealtime},
};
constexpr Form kPair = {Sort::kFields, kPairKeys};
constexpr Rule kPairList[] = {{"", Kind::kObject, Slot::kOriginPair, Need::kRequired, &kPair}};
constexpr Form kPairs = {Sort::kList, kPairList};

constexpr Rule kOriginKeys[] = {
    {"monotonic_ns", Kind::kSigned, Slot::kOriginMonotonic},
    {"realtime_ns", Kind::kSigned, Slot::kOriginRealtime},
    {"clock", Kind::kString, Slot::kOriginClock},
    {"later", Kind::kArray, Slot::kOriginPairs, Need::kOptional, &kPairs},
};
constexpr Form kOrigin = {Sort::kFields, kOriginKeys};

constexpr Rule kThreadKeys[] = {
    {"name", Kind::kString, Slot::kThreadName},
    {"os_id", Kind::kSigned, Slot::kThreadOsId},
    {"attempted", Kind::kUnsigned, Slot::kThreadAttempted},
    {"recorded", Kind::kUnsigned, Slot::kThreadRecorded},
    {"folded", Kind::kUnsigned, Slot::kThreadFolded},
    {"shapes_dropped", Kind::kUnsigned, Slot::kThreadShapesDropped},
    {"clock_steps", Kind::kUnsigned, Slot::kThreadClockSteps},
    {"sampled_out", Kind::kUnsigned, Slot::kThreadSampledOut, Need::kOptional},
    {"held_ns", Kind::kSigned, Slot::kThreadHeld, Need::kOptional},
    {"cpu_ns", Kind::kSigned, Slot::kThreadCpu, Need::kOptional},
    {"blocked_ns", Kind::kSigned, Slot::kThreadBlocked, Need::kOptional},
};
constexpr Form kThread = {Sort::kFields, kThreadKeys};
constexpr Rule kThreadList[] = {{"", Kind::kObject, Slot::kThreadAccount, Need::kRequired, &kThread}};
constexpr Form kThreads = {Sort::kList, kThreadList};

constexpr Rule kFoldedKeys[] = {
    {"operation", Kind::kString, Slot::kFoldedOperation},
    {"device_id", Kind::kString, Slot::kFoldedDevice, Need::kOptionalOrNull},
    {"count", Kind::kUnsigned, Slot::kFoldedCount},
    {"duration_ns", Kind::kSigned, Slot::kFoldedDuration},
    {"bytes", Kind::kUnsigned, Slot::kFoldedBytes},
    {"longest_ns", Kind::kSigned, Slot::kFoldedLongest},
    {"extra", Kind::kUnsigned, Slot::kFoldedExtra, Need::kOptional},
};
constexpr Form kFolded = {Sort::kFields, kFoldedKeys};
constexpr Rule kFoldedList[] = {{"", Kind::kObject, Slot::kFolded, Need::kRequired, &kFolded}};
constexpr Form kFoldedTotals = {Sort::kList, kFoldedList};

constexpr Rule kLossKeys[] = {
    {"thread", Kind::kUnsigned, Slot::kLossThread, Need::kOptionalOrNull, nullptr, kMostThread},
    {"device_id", Kind::kString, Slot::kLossDevice, Need::kOptionalOrNull},
    {"cause", Kind::kString, Slot::kLossCause},
    {"count", Kind::kUnsigned, Slot::kLossCount},
    {"first_ns", Kind::kSigned, Slot::kLossFirst},
    {"last_ns", Kind::kSigned, Slot::kLossLast},
};
constexpr Form kLoss = {Sort::kFields, kLossKeys};
constexpr Rule kLossList[] = {{"", Kind::kObject, Slot::kLoss, Need::kRequired, &kLoss}};
constexpr Form kLosses = {Sort::kList, kLossList};

constexpr Rule kOpenKeys[] = {
    {"thread", Kind::kUnsigned, Slot::kOpenThread, Need::kOptionalOrNull, nullptr, kMostThread},
    {"operation", Kind::kString, Slot::kOpenOperation},
    {"device_id", Kind::kString, Slot::kOpenDevice, Need::kOptionalOrNull},
    {"depth", Kind::kUnsigned, Slot::kOpenDepth, Need::kRequired, nullptr, kMostDepth},
    {"begin_ns", Kind::kSigned, Slot::kOpenBegin},
};
constexpr Form kOpen = {Sort::kFields, kOpenKeys};
constexpr Rule kOpenList[] = {{"", Kind::kObject, Slot::kOpen, Need::kRequired, &kOpen}};
constexpr Form kOpenSpans = {Sort::kList, kOpenList};

constexpr Rule kCategoryKeys[] = {
    {"name", Kind::kString, Slot::kCategoryName},
    {"recorded", Kind::kBool, Slot::kCategoryRecorded},
    {"shortest_ns", Kind::kSigned, Slot::kCategoryShortest},
    {"one_in", Kind::kUnsigned, Slot::kCategoryOneIn, Need::kRequired, nullptr, kMostWeight, 1},
    {"governed", Kind::kBool, Slot::kCategoryGoverned},
};
constexpr Form kCategory = {Sort::kFields, kCategoryKeys};
constexpr Rule kCategoryList[] = {{"", Kind::kObject, Slot::kCategory, Need::kRequired, &kCategory}};
constexpr Form kCategories = {Sort::kList, kCategoryList};

constexpr Rule kCostKeys[] = {
    {"recorded_ns", Kind::kNumber, Slot::kCostRecorded},
    {"folded_ns", Kind::kNumber, Slot::kCostFolded},
    {"sampled_out_ns", Kind::kNumber, Slot::kCostSampledOut},
    {"collector_cpu_ns", Kind::kSigned, Slot::kCostCollectorCpu},
    {"process_cpu_ns", Kind::kSigned, Slot::kCostProcessCpu},
    {"wall_ns", Kind::kSigned, Slot::kCostWall},
};
constexpr Form kCost = {Sort::kFields, kCostKeys};

constexpr Rule kExtraKeys[] = {
    {"version", Kind::kUnsigned, Slot::kVersion},
    {"origin", Kind::kObject, Slot::kOrigin, Need::kOptional, &kOrigin},
    {"threads", Kind::kArray, Slot::kThreadList, Need::kOptional, &kThreads},
    {"folded", Kind::kArray, Slot::kFoldedList, Need::kOptional, &kFoldedTotals},
    {"losses", Kind::kArray, Slot::kLossList, Need::kOptional, &kLosses},
    {"open_spans", Kind::kArray, Slot::kOpenList, Need::kOptional, &kOpenSpans},
    {"categories", Kind::kArray, Slot::kCategoryList, Need::kOptional, &kCategories},
    {"cost", Kind::kObject, Slot::kCost, Need::kOptional, &kCost},
};
constexpr Form kExtras = {Sort::kFields, kExtraKeys};

constexpr Rule kTraceKeys[] = {
    {"entries", Kind::kArray, Slot::kEntries, Need::kRequired, &kEntries},
    {"total_duration_us", Kind::kNumber, Slot::kTotalDuration},
    {"metadata", Kind::kObject, Slot::kMetadata, Need::kRequired, &kMetadata},
    {"ringtail", Kind::kObject, Slot::kExtras, Need::kOptional, &kExtras},
};
constexpr Form kTrace = {Sort::kFields, kTraceKeys};

}  // namespace

constexpr Rule kDocumentRule = {"", Kind::kObject, Slot::kTrace, Need::kRequired, &kTrace};

std::string_view expectation_of(const Rule& rule) noexcept {
  const bool or_null = rule.need == Need::kOptionalOrNull;
  switch (rule.kind) {
    case Kind::kUnsigned: return or_null ? "an unsigned integer or null" : "an unsigned integer";
    case Kind::kSigned: return "an integer";
    case Kind::kNumber: return "a number";
    case Kind::kString: return or_null ? "a string or null" : "a string";
    case Kind::kBool: return "true or false";
    case Kind::kArray: return "an array";
    case Kind::kObject: return "an object";
  }
  return "nothing";
}

}  // namespace ringtail::inline v1

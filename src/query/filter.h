#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/vocabulary.h"
#include "model/value.h"

namespace re2 {
class RE2;
}

/// A structured filter (jaeger.md section 13): a tree of predicates on one span, its resource and
/// scope, its events and links. Whoever reads one from text checks it; here it is well formed.
namespace clew::query {

enum class FilterLevel { kSpanOrResource, kSpan, kResource, kScope, kEvent, kLink };

/// What the data model defines itself; which exist depends on the level.
enum class FilterField {
  kTraceId,
  kSpanId,
  kParentSpanId,
  kTraceState,
  kName,
  kKind,  // as text: "unspecified", "internal" …
  kStartTime,
  kEndTime,
  kDuration,
  kStatus,  // as text: "unset", "ok", "error"
  kStatusMessage,
  kService,
  kVersion,
  kSchemaUrl,
  kTime,
  kTimeSinceStart,
};

/// Values to compare: a field, or the attribute `key`. At kEvent and kLink those of any event or
/// link, inside kSome those of the one in question.
struct FilterReference {
  FilterLevel level = FilterLevel::kSpanOrResource;
  std::optional<FilterField> field{};
  std::string key{};
};

/// Without a type it compares with values of every type that it can be read as; with one only with
/// values stored as that. Times and durations are kInt, in nanoseconds.
struct FilterConstant {
  std::string text{};
  std::optional<model::ValueType> type{};
  std::optional<std::int64_t> integer{};
  std::optional<double> real{};
};

enum class FilterOp {
  kAnd,
  kOr,
  kNot,
  kExists,
  kEq,
  kNe,
  kGt,
  kLt,
  kGte,
  kLte,
  kRegex,
  kIn,
  kNotIn,
  kSome,
};

/// A comparison does not hold for a value that is absent; of several values (events, span and
/// resource) one suffices, except that for kNe and kNotIn none may be equal.
struct FilterCall {
  FilterOp op = FilterOp::kAnd;
  /// Of kAnd, kOr, kNot and kSome; at most 20 deep.
  std::vector<FilterCall> calls{};
  /// The left side, and the right one too when it is no constant.
  std::vector<FilterReference> references{};
  /// The right side; several for kIn and kNotIn.
  std::vector<FilterConstant> constants{};
  /// kSome: kEvent or kLink, of which one must fulfil calls[0]. Never nested.
  FilterLevel some_level = FilterLevel::kEvent;
  /// kRegex: matched anywhere in the text.
  std::shared_ptr<const re2::RE2> pattern{};
};

/// Compiles what kRegex matches: RE2 syntax without what other back ends read differently (anchors,
/// word boundaries, lazy quantifiers, flags). INVALID_ARGUMENT says what is wrong.
Result<std::shared_ptr<const re2::RE2>> CompilePattern(const std::string& pattern);

}  // namespace clew::query

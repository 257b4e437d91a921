#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "traceql/static.h"

namespace clew::traceql {

/// What TraceQL itself knows of a span, its trace, events, links and instrumentation.
enum class Intrinsic : std::uint8_t {
  kNone,
  kDuration,
  kName,
  kStatus,
  kStatusMessage,
  kKind,
  kSpanId,
  kParentId,
  kChildCount,
  kTraceDuration,
  kRootName,
  kRootService,
  kTraceId,
  kEventName,
  kEventTimeSinceStart,
  kLinkTraceId,
  kLinkSpanId,
  kInstrumentationName,
  kInstrumentationVersion,
  kNestedSetLeft,
  kNestedSetRight,
  kNestedSetParent,
  kParent,
};

/// Where an attribute is looked for. Unscoped: among those of the span, and of its resource when
/// the span has none of that name.
enum class Scope : std::uint8_t { kUnscoped, kSpan, kResource, kEvent, kLink, kInstrumentation };

/// Of which span: the one in question, its parent, or the root of its trace.
enum class Whose : std::uint8_t { kOwn, kParent, kRoot };

/// `duration`, `.x`, `span.x`, `event.x`, `parent.resource.x`. The two spellings of an intrinsic
/// (`name`, `span:name`) are one.
struct Attribute {
  bool operator==(const Attribute&) const = default;

  Intrinsic intrinsic = Intrinsic::kNone;
  Whose whose = Whose::kOwn;
  /// Of intrinsics it is unscoped; of a parent or root unscoped, span or resource.
  Scope scope = Scope::kUnscoped;
  /// Empty for intrinsics.
  std::string name{};
};

struct IntrinsicInfo {
  Intrinsic intrinsic;
  /// As it stands alone, and behind a scope; empty when it has no such form.
  std::string_view plain;
  std::string_view scoped;
  Type type;
};

/// In the order of the enumeration, without kNone.
std::span<const IntrinsicInfo> AllIntrinsics();
const IntrinsicInfo& InfoOf(Intrinsic intrinsic);
/// The one that is spelled like this.
std::optional<Intrinsic> FindIntrinsic(std::string_view spelling);

/// `span`, `resource`, `event` …; empty for kUnscoped.
std::string_view NameOf(Scope scope);

/// Whether an attribute's name ends before `c`.
bool EndsName(char c);

/// As it is written in a query, and as labels and answers name it: `duration`, `span:id`,
/// `resource.service.name`, `span."with space"`.
std::string Print(const Attribute& attribute);

}  // namespace clew::traceql

#include "traceql/attribute.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>

namespace clew::traceql {
namespace {

using enum Intrinsic;

// In the order of the enumeration.
constexpr auto kIntrinsics = std::to_array<IntrinsicInfo>({
    {kDuration, "duration", "span:duration", Type::kDuration},
    {kName, "name", "span:name", Type::kString},
    {kStatus, "status", "span:status", Type::kStatus},
    {kStatusMessage, "statusMessage", "span:statusMessage", Type::kString},
    {kKind, "kind", "span:kind", Type::kKind},
    {kSpanId, "", "span:id", Type::kString},
    {kParentId, "", "span:parentID", Type::kString},
    {kChildCount, "", "span:childCount", Type::kInt},
    {kTraceDuration, "traceDuration", "trace:duration", Type::kDuration},
    {kRootName, "rootName", "trace:rootName", Type::kString},
    {kRootService, "rootServiceName", "trace:rootService", Type::kString},
    {kTraceId, "", "trace:id", Type::kString},
    {kEventName, "", "event:name", Type::kString},
    {kEventTimeSinceStart, "", "event:timeSinceStart", Type::kDuration},
    {kLinkTraceId, "", "link:traceID", Type::kString},
    {kLinkSpanId, "", "link:spanID", Type::kString},
    {kInstrumentationName, "", "instrumentation:name", Type::kAttribute},
    {kInstrumentationVersion, "", "instrumentation:version", Type::kAttribute},
    {kNestedSetLeft, "nestedSetLeft", "", Type::kInt},
    {kNestedSetRight, "nestedSetRight", "", Type::kInt},
    {kNestedSetParent, "nestedSetParent", "", Type::kInt},
    {kParent, "parent", "", Type::kNil},
});

constexpr bool AreInOrder() {
  for (std::size_t i = 0; i < kIntrinsics.size(); ++i) {
    if (static_cast<std::size_t>(kIntrinsics[i].intrinsic) != i + 1) return false;
  }
  return true;
}
static_assert(AreInOrder());

/// Whether the name of an attribute is read as it stands when it follows `attribute`'s scope.
bool IsPlain(const Attribute& attribute) {
  const std::string& name = attribute.name;
  const bool has_end =
      std::ranges::any_of(name, [](char c) { return EndsName(c) || c == '"' || c == '\\'; });
  if (has_end || name.empty()) return false;
  if (attribute.scope != Scope::kUnscoped) return true;
  // What else could begin there: a number, and a scope.
  if (attribute.whose == Whose::kOwn) return name.front() < '0' || name.front() > '9';
  return !name.starts_with("span.") && !name.starts_with("resource.");
}

}  // namespace

std::span<const IntrinsicInfo> AllIntrinsics() { return kIntrinsics; }

const IntrinsicInfo& InfoOf(Intrinsic intrinsic) {
  return kIntrinsics[static_cast<std::size_t>(intrinsic) - 1];
}

std::optional<Intrinsic> FindIntrinsic(std::string_view spelling) {
  if (spelling.empty()) return std::nullopt;
  for (const IntrinsicInfo& info : kIntrinsics) {
    if (spelling == info.plain || spelling == info.scoped) return info.intrinsic;
  }
  return std::nullopt;
}

std::string_view NameOf(Scope scope) {
  switch (scope) {
    case Scope::kSpan:
      return "span";
    case Scope::kResource:
      return "resource";
    case Scope::kEvent:
      return "event";
    case Scope::kLink:
      return "link";
    case Scope::kInstrumentation:
      return "instrumentation";
    case Scope::kUnscoped:
      break;
  }
  return "";
}

bool EndsName(char c) {
  constexpr std::string_view kEnds = " \t\n\v\f\r{}()=~!<>&|^,";
  return kEnds.find(c) != std::string_view::npos;
}

std::string Print(const Attribute& attribute) {
  if (attribute.intrinsic != kNone) {
    const IntrinsicInfo& info = InfoOf(attribute.intrinsic);
    return std::string(info.plain.empty() ? info.scoped : info.plain);
  }
  std::string text;
  if (attribute.whose == Whose::kParent) text = "parent.";
  if (attribute.whose == Whose::kRoot) text = "root.";
  text += NameOf(attribute.scope);
  if (attribute.scope != Scope::kUnscoped || attribute.whose == Whose::kOwn) text += '.';
  if (IsPlain(attribute)) return text + attribute.name;
  text += '"';
  for (const char c : attribute.name) {
    if (c == '"' || c == '\\') text += '\\';
    text += c;
  }
  return text + '"';
}

}  // namespace clew::traceql

#include <optional>
#include <string_view>

#include "model/service_name.h"
#include "traceql/evaluate/field_reader.h"
#include "traceql/evaluate/intrinsic_values.h"

/// What attributes and intrinsics are for a span: the part of FieldReader that knows columns.
namespace clew::traceql::evaluate {

using Kind = Value::Kind;

FieldReader::Named FieldReader::Read(const FieldProgram::Source& source, Subject subject) {
  const Attribute& attribute = source.attribute;
  if (attribute.whose != Whose::kOwn) {
    const bool is_root = attribute.whose == Whose::kRoot;
    subject = {is_root ? trace_.Root() : trace_.Sets().parents[subject.row]};
    if (subject.row == kNoRow) return {};
  }
  if (attribute.intrinsic != Intrinsic::kNone) return {.value = ReadIntrinsic(source, subject)};
  return ReadAttribute(source, subject);
}

FieldReader::Named FieldReader::ReadAttribute(const FieldProgram::Source& source,
                                              const Subject& subject) {
  if (source.attribute.scope == Scope::kEvent) return FirstOf(source, EventsOf(subject));
  if (source.attribute.scope == Scope::kLink) return FirstOf(source, LinksOf(subject));
  for (const std::uint32_t fetch : source.fetches) {
    const model::Owner owner = program_.fetches()[fetch].owner;
    const std::uint32_t row = owner == model::Owner::kResource
                                  ? spans_.resource_indexes[subject.row]
                              : owner == model::Owner::kScope ? spans_.scope_indexes[subject.row]
                                                              : subject.row;
    if (const std::optional<Named> found = OfRow(fetch, row)) return *found;
  }
  return {};
}

FieldReader::Named FieldReader::FirstOf(const FieldProgram::Source& source, RowRange range) {
  for (std::uint32_t row = range.begin; row < range.end && GoesOn(); ++row) {
    for (const std::uint32_t fetch : source.fetches) {
      const std::optional<Named> found = OfRow(fetch, row);
      if (!found) continue;
      if (!found->value.is_nil()) return *found;
      break;
    }
  }
  return {};
}

std::optional<FieldReader::Named> FieldReader::OfRow(std::uint32_t fetch, std::uint32_t row) {
  const std::optional<Value> value = values_[fetch].At(row);
  if (!value) return std::nullopt;
  return Named{.value = *value, .name = program_.fetches()[fetch].key};
}

RowRange FieldReader::EventsOf(const Subject& subject) {
  if (subject.event != kNoRow) return {subject.event, subject.event + 1};
  return trace_.EventsOf(subject.row);
}

RowRange FieldReader::LinksOf(const Subject& subject) {
  if (subject.link != kNoRow) return {subject.link, subject.link + 1};
  return trace_.LinksOf(subject.row);
}

Value FieldReader::ReadIntrinsic(const FieldProgram::Source& source, const Subject& subject) {
  switch (source.attribute.intrinsic) {
    case Intrinsic::kTraceDuration:
    case Intrinsic::kRootName:
    case Intrinsic::kRootService:
    case Intrinsic::kChildCount:
    case Intrinsic::kNestedSetLeft:
    case Intrinsic::kNestedSetRight:
    case Intrinsic::kNestedSetParent:
      return ReadOfTrace(source, subject.row);
    case Intrinsic::kEventName:
    case Intrinsic::kEventTimeSinceStart:
      return ReadOfEvents(source.attribute.intrinsic, subject);
    case Intrinsic::kLinkTraceId:
    case Intrinsic::kLinkSpanId:
      return ReadOfLinks(source.attribute.intrinsic, subject);
    default:
      return ReadOfSpan(source.attribute.intrinsic, subject.row);
  }
}

Value FieldReader::ReadOfSpan(Intrinsic intrinsic, std::uint32_t row) {
  switch (intrinsic) {
    case Intrinsic::kDuration:
      return Value::Duration(model::SpanDuration(spans_.starts[row], spans_.ends[row]).count());
    case Intrinsic::kName:
      return Value::String(model::OperationName(spans_.names[row]));
    case Intrinsic::kStatus:
      return StatusOf(spans_.status_codes[row]);
    case Intrinsic::kStatusMessage:
      return Value::String(spans_.status_messages[row]);
    case Intrinsic::kKind:
      return KindOf(spans_.kinds[row]);
    case Intrinsic::kSpanId:
      return IdOf(spans_.span_ids[row]);
    case Intrinsic::kParentId:
      return IdOf(spans_.parent_span_ids[row]);
    case Intrinsic::kTraceId:
      return IdOf(spans_.trace_ids[row]);
    case Intrinsic::kInstrumentationName:
      return Value::String(spans_.scopes.names[spans_.scope_indexes[row]]);
    case Intrinsic::kInstrumentationVersion:
      return Value::String(spans_.scopes.versions[spans_.scope_indexes[row]]);
    default:
      return {};
  }
}

Value FieldReader::ReadOfTrace(const FieldProgram::Source& source, std::uint32_t row) {
  switch (source.attribute.intrinsic) {
    case Intrinsic::kTraceDuration:
      return Value::Duration(trace_.Duration().count());
    case Intrinsic::kRootName: {
      const std::uint32_t root = trace_.Root();
      return Value::String(root == kNoRow ? "" : model::OperationName(spans_.names[root]));
    }
    case Intrinsic::kRootService: {
      const std::uint32_t root = trace_.Root();
      if (root == kNoRow) return Value::String("");
      const auto name = values_[source.fetches[0]].At(spans_.resource_indexes[root]);
      return name && name->kind == Kind::kString ? *name : Value::String("");
    }
    case Intrinsic::kChildCount:
      return Value::Int(trace_.Sets().child_counts[row]);
    case Intrinsic::kNestedSetLeft:
      return Value::Int(trace_.Sets().lefts[row]);
    case Intrinsic::kNestedSetRight:
      return Value::Int(trace_.Sets().rights[row]);
    default:
      return Value::Int(trace_.Sets().ParentNumber(row));
  }
}

Value FieldReader::ReadOfEvents(Intrinsic intrinsic, const Subject& subject) {
  const RowRange events = EventsOf(subject);
  if (events.empty()) return {};
  if (intrinsic == Intrinsic::kEventName) return Value::String(spans_.events.names[events.begin]);
  // Differences wrap around, as where they are searched for; before the span they are negative.
  const auto time = static_cast<std::uint64_t>(spans_.events.times[events.begin]);
  const auto start = static_cast<std::uint64_t>(spans_.starts[subject.row]);
  return Value::Duration(static_cast<std::int64_t>(time - start));
}

Value FieldReader::ReadOfLinks(Intrinsic intrinsic, const Subject& subject) {
  const RowRange links = LinksOf(subject);
  if (links.empty()) return {};
  return intrinsic == Intrinsic::kLinkTraceId ? IdOf(spans_.links.trace_ids[links.begin])
                                              : IdOf(spans_.links.span_ids[links.begin]);
}

}  // namespace clew::traceql::evaluate

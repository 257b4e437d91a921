#include "traceql/evaluate/testing/plain_structure.h"

#include <algorithm>
#include <tuple>

namespace clew::traceql::evaluate::testing {
namespace {

bool IsServing(model::SpanKind kind) {
  return kind == model::SpanKind::kServer || kind == model::SpanKind::kConsumer;
}

bool SaysChildOf(const model::Span& span) {
  return std::ranges::any_of(span.links, [&span](const model::Link& link) {
    return link.trace_id == span.trace_id &&
           std::ranges::any_of(link.attributes, [](const model::KeyValue& attribute) {
             return attribute.key == "opentracing.ref_type" &&
                    attribute.value == model::Value{std::string("child_of")};
           });
  });
}

}  // namespace

PlainStructure::PlainStructure(const model::TraceData& trace) : trace_(trace) {
  for (Index i = 0; i < trace_.spans.size(); ++i) order_.push_back(i);
  std::ranges::sort(order_, {}, [this](Index i) { return std::tuple(trace_.spans[i].start, i); });
  for (Index i = 0; i < trace_.spans.size(); ++i) {
    parents_.push_back(FindParent(i));
    const SpanId& id = trace_.spans[i].span_id;
    if (std::ranges::count(trace_.spans, id, &model::Span::span_id) > 2) is_ambiguous_ = true;
  }
}

std::optional<std::size_t> PlainStructure::FindParent(Index span) const {
  const model::Span& child = trace_.spans[span];
  std::vector<Index> candidates;
  for (const Index i : Order()) {
    const bool is_named = trace_.spans[i].span_id == child.parent_span_id;
    if (is_named && candidates.size() < 2) candidates.push_back(i);
  }
  if (child.parent_span_id.is_zero()) return std::nullopt;
  std::erase(candidates, span);
  if (candidates.empty()) return std::nullopt;
  for (const Index candidate : candidates) {
    if (IsServing(trace_.spans[candidate].kind) != IsServing(child.kind)) return candidate;
  }
  return candidates.front();
}

std::int64_t PlainStructure::ChildCountOf(Index span) const {
  std::int64_t count = 0;
  for (Index i = 0; i < trace_.spans.size(); ++i) count += ParentOf(i) == span ? 1 : 0;
  return count;
}

bool PlainStructure::IsReachable(Index span) const {
  if (is_ambiguous_) return false;
  for (Index steps = 0; steps <= trace_.spans.size(); ++steps) {
    if (trace_.spans[span].parent_span_id.is_zero()) return true;
    const auto parent = ParentOf(span);
    if (!parent) return false;
    span = *parent;
  }
  return false;
}

bool PlainStructure::IsAncestor(Index above, Index below) const {
  std::optional<Index> at = ParentOf(below);
  for (Index steps = 0; at && steps <= trace_.spans.size(); ++steps) {
    if (*at == above) return true;
    at = ParentOf(*at);
  }
  return false;
}

bool PlainStructure::AreRelated(Relation relation, Index left, Index right) const {
  if (!IsReachable(left) || !IsReachable(right)) return false;
  switch (relation) {
    case Relation::kChild:
      return ParentOf(right) == left;
    case Relation::kParent:
      return ParentOf(left) == right;
    case Relation::kDescendant:
      return IsAncestor(left, right);
    case Relation::kAncestor:
      return IsAncestor(right, left);
    default:
      return left != right && ParentOf(left) == ParentOf(right);
  }
}

std::optional<std::size_t> PlainStructure::Root() const {
  for (const Index i : Order()) {
    const model::Span& span = trace_.spans[i];
    if (span.parent_span_id.is_zero() && !SaysChildOf(span)) return i;
  }
  return std::nullopt;
}

void PlainStructure::Number(Index span, std::int64_t parent, std::int64_t* next,
                            std::map<Index, Numbers>* numbers) const {
  const std::int64_t left = (*next)++;
  for (const Index child : Order()) {
    if (ParentOf(child) == span) Number(child, left, next, numbers);
  }
  (*numbers)[span] = {left, (*next)++, parent};
}

PlainStructure::Numbers PlainStructure::NumbersOf(Index span) const {
  if (!IsReachable(span)) return {};
  std::map<Index, Numbers> numbers;
  std::int64_t next = 1;
  for (const Index i : Order()) {
    if (trace_.spans[i].parent_span_id.is_zero()) Number(i, -1, &next, &numbers);
  }
  return numbers[span];
}

}  // namespace clew::traceql::evaluate::testing

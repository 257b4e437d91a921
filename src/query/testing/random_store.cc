#include "query/testing/random_store.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <tuple>
#include <utility>

#include "traceql/evaluate/testing/random_trace.h"
#include "wire/otlp/testing/describe.h"
#include "wire/otlp/testing/plain_same_spans.h"

namespace clew::query::testing {
namespace {

using model::TraceData;

constexpr UnixNanos kMillisecond = 1'000'000;
/// Around which the spans of a RandomTrace start.
constexpr UnixNanos kMiddle = 1002;

TraceId IdOf(std::size_t number) {
  TraceId id;
  id.bytes[15] = static_cast<std::uint8_t>(number + 1);
  return id;
}

storage::StorageOptions OptionsOf(std::size_t row_group_span_count) {
  storage::StorageOptions options;
  options.seal.row_group_span_count = row_group_span_count;
  return options;
}

/// Of spans that the order of a trace does not tell apart the first one stays: which of them comes
/// first would depend on what else they say.
void DropTies(TraceData* trace) {
  std::vector<model::Span> kept;
  const auto place_of = [](const model::Span& span) {
    return std::tuple(span.start, span.span_id, span.kind, span.name);
  };
  for (const model::Span& span : trace->spans) {
    const bool is_tied = std::ranges::any_of(
        kept, [&](const model::Span& other) { return place_of(other) == place_of(span); });
    if (!is_tied) kept.push_back(span);
  }
  trace->spans = std::move(kept);
}

}  // namespace

RandomStore::RandomStore(Dice* dice, std::size_t trace_count, bool has_odd_values)
    : dice_(*dice),
      pieces_(1 + dice->Below(5)),
      store_(OptionsOf(dice->OneIn(2) ? 1000 : 2 + dice->Below(20))) {
  for (std::size_t number = 0; number < trace_count; ++number) AddTrace(number, has_odd_values);
  // Mostly some are in the head and others in blocks.
  const std::size_t flush_of = 1 + dice_.Below(3);
  const bool is_all_fresh = dice_.OneIn(5);
  for (const TraceData& piece : pieces_) {
    if (piece.spans.empty()) continue;
    EXPECT_TRUE(store_.Append(piece).has_value());
    if (!is_all_fresh && dice_.OneIn(flush_of)) {
      EXPECT_TRUE(store_.storage().Flush().has_value());
    }
  }
}

void RandomStore::AddTrace(std::size_t number, bool has_odd_values) {
  TraceData trace = traceql::evaluate::testing::RandomTrace(&dice_, has_odd_values);
  const TraceId own = trace.spans[0].trace_id;
  const UnixNanos later = static_cast<UnixNanos>(1 + dice_.Below(18)) * kMillisecond - kMiddle;
  for (model::Span& span : trace.spans) {
    span.trace_id = IdOf(number);
    span.start += later;
    if (span.end != 0) span.end += later;
    for (model::Event& event : span.events) event.time += later;
    for (model::Link& link : span.links) {
      if (link.trace_id == own) link.trace_id = IdOf(number);
    }
  }
  DropTies(&trace);
  Spread(trace);
  wire::otlp::testing::SortSpans(&trace);
  traces_.push_back(std::move(trace));
}

void RandomStore::Spread(const TraceData& trace) {
  const bool is_spread = dice_.OneIn(3);
  const auto root_count = std::ranges::count_if(
      trace.spans, [](const model::Span& span) { return span.parent_span_id.is_zero(); });
  if (is_spread && root_count > 1) has_spread_roots_ = true;
  const std::size_t home = dice_.Below(pieces_.size());
  for (const model::Span& span : trace.spans) {
    const std::size_t place = is_spread ? dice_.Below(pieces_.size()) : home;
    PutIn(place, trace, span);
    if (!is_spread || !dice_.OneIn(6)) continue;
    model::Span copy = span;
    if (dice_.OneIn(2)) copy.end = 0;
    PutIn(dice_.Below(pieces_.size()), trace, copy);
  }
}

void RandomStore::PutIn(std::size_t place, const TraceData& trace, const model::Span& span) {
  TraceData& piece = pieces_[place];
  model::Span& added = piece.spans.emplace_back(span);
  added.resource = static_cast<std::uint32_t>(piece.resources.size());
  added.scope = static_cast<std::uint32_t>(piece.scopes.size());
  piece.resources.push_back(trace.resources[span.resource]);
  piece.scopes.push_back(trace.scopes[span.scope]);
}

std::string DescribeTrace(const TraceData& trace) {
  std::string text;
  for (const std::string& span : wire::otlp::testing::DescribeSpans(trace)) text += span + '\n';
  return text;
}

}  // namespace clew::query::testing

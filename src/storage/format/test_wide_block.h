#pragma once

#include <fmt/format.h>

#include <memory>
#include <string>
#include <vector>

#include "storage/format/block.h"
#include "storage/format/row_group.h"
#include "storage/testing/write_block.h"
#include "wire/otlp/scatter_objects.h"

/// A block in which there is something of every encoding, and which is kept as a file.
namespace clew::storage::testing {

inline constexpr const char* kWideFixture = "tests/fixtures/block/v3_wide.block";
inline constexpr log::Identity kWideIdentity{{1, 2, 3}};
inline constexpr UnixNanos kWideTime = 1'700'000'000'000'000'000;
inline constexpr std::uint32_t kWidePartition = 2;

/// Traces of ten spans, each the parent of the next; `first` is the number of the first span.
inline model::TraceData WideSpans(int first, int count) {
  model::TraceData data;
  for (const char* service : {"front", "back"}) {
    data.resources.emplace_back().attributes = {{"service.name", {std::string(service)}}};
  }
  data.scopes.push_back({.name = "lib", .version = "1", .attributes = {}});
  for (int i = first; i < first + count; ++i) {
    model::Span& span = data.spans.emplace_back();
    span.trace_id = *TraceId::FromHex(fmt::format("{:x}", i / 10 + 1));
    span.span_id = *SpanId::FromHex(fmt::format("{:x}", i + 1));
    if (i % 10 != 0) span.parent_span_id = *SpanId::FromHex(fmt::format("{:x}", i));
    span.name = fmt::format("op {}", i % 3);
    span.start = kWideTime + i * 1000;
    span.end = span.start + i % 7;
    span.kind = i % 10 == 0 ? model::SpanKind::kServer : model::SpanKind::kInternal;
    span.resource = static_cast<std::uint32_t>(i % 2);
    span.attributes = {{"code", {std::int64_t{i % 5}}}};
    if (i % 2 == 0) span.attributes.push_back({"half", {i % 4 == 0}});
    if (i % 100 == 0) span.attributes.push_back({"seldom", {fmt::format("text {}", i % 300)}});
    // So many different ones are stored as they are.
    span.attributes.push_back({"session", {fmt::format("s{}", i)}});
    // The rarest go to the overflow page.
    if (i % 1000 == 1) span.attributes.push_back({fmt::format("rare {}", i), {i / 4.0}});
    if (i % 500 == 2) {
      span.events.push_back(
          {.time = span.start + 1, .name = "event", .attributes = {{"n", {std::int64_t{i}}}}});
    }
    if (i % 900 == 3) {
      span.links.push_back({.trace_id = span.trace_id,
                            .span_id = span.span_id,
                            .trace_state = "t=1",
                            .flags = 1,
                            .attributes = {}});
    }
  }
  return data;
}

/// Its row groups: more than one zone of spans, and a few spans.
inline std::vector<model::TraceData> WideData() {
  return {WideSpans(0, 4300), WideSpans(4300, 50)};
}

inline Status WriteWideBlock(ObjectStore& store, const std::string& name) {
  std::vector<std::shared_ptr<const RowGroup>> groups;
  for (const model::TraceData& data : WideData()) {
    const auto columns = std::make_shared<const model::SpanColumns>(wire::otlp::ScatterSpans(data));
    groups.push_back(std::make_shared<const RowGroup>(
        BuildRowGroup({columns}, {.attribute_column_count_max = 6})));
  }
  BlockMeta meta;
  meta.created_at = kWideTime;
  meta.log_ranges = {{{0, kWidePartition}, {500, kWidePartition}},
                     {{700, kWidePartition}, {900, kWidePartition}}};
  meta.log_identity = kWideIdentity;
  meta.replaces = {BlockName({}, kWideTime - 2, 1), BlockName({}, kWideTime - 1, 2)};
  return testing::WriteBlock(store, name, meta, groups);
}

}  // namespace clew::storage::testing

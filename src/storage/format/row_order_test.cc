#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "base/metrics.h"
#include "model/concatenate.h"
#include "storage/format/column_reader.h"
#include "storage/format/row_group.h"
#include "storage/format/test_subtrees.h"
#include "wire/otlp/scatter_objects.h"

/// The order of rows in a sealed row group, as its column of parents tells it to readers.
namespace clew::storage {
namespace {

using testing::ExpectSubtreesAreRanges;

constexpr int kTraceCount = 30;
constexpr std::uint32_t kNoParent = 0xffffffff;

/// Spans of some traces: roots, children, circles, and spans whose parent is nowhere.
model::TraceData RandomTrees(std::mt19937& random) {
  model::TraceData data;
  data.resources.resize(1);
  data.scopes.resize(1);
  for (int trace = 1; trace <= kTraceCount; ++trace) {
    const auto count = static_cast<int>(1 + random() % 25);
    for (int i = 1; i <= count; ++i) {
      model::Span& span = data.spans.emplace_back();
      span.trace_id.bytes[0] = static_cast<std::uint8_t>(trace);
      span.span_id.bytes[0] = static_cast<std::uint8_t>(i);
      // Up to three beyond the last: away.
      span.parent_span_id.bytes[0] =
          static_cast<std::uint8_t>(random() % static_cast<unsigned>(count + 4));
      span.start = static_cast<UnixNanos>(random() % 1000);
      span.end = span.start + 10;
      span.name = "op";
    }
  }
  std::ranges::shuffle(data.spans, random);
  return data;
}

/// The same spans in batches of `size`.
std::vector<model::TraceData> Cut(const model::TraceData& data, std::size_t size) {
  std::vector<model::TraceData> parts;
  for (std::size_t first = 0; first < data.spans.size(); first += size) {
    model::TraceData& part = parts.emplace_back();
    part.resources = data.resources;
    part.scopes = data.scopes;
    const auto begin = data.spans.begin() + static_cast<std::ptrdiff_t>(first);
    part.spans.assign(
        begin, begin + static_cast<std::ptrdiff_t>(std::min(size, data.spans.size() - first)));
  }
  return parts;
}

/// What a reader finds of the traces of a row group, by their first bytes: the first byte of each
/// span's id in the order of rows, and the row of its parent in the trace.
struct Trace {
  std::vector<std::uint8_t> ids;
  std::vector<std::uint32_t> parents;
};

class RowOrderTest : public ::testing::Test {
 protected:
  std::vector<Trace> Read(const RowGroup& group) {
    std::string stored;
    WriteDirectory(group.directory, &stored);
    auto directory = std::make_shared<const RowGroupDirectory>(ReadDirectory(stored).value());
    EXPECT_EQ(directory->row_order, RowOrder::kDepthFirst);
    const ColumnReader reader(directory, std::make_shared<MemoryPages>(group.pages), cache_,
                              cache_.NewSourceIds());
    Gaps gaps;
    const auto counts = reader.AllNumbers(reader.Required(ColumnField::kTraceSpanCount), &gaps);
    const auto parents = reader.AllNumbers(reader.Required(ColumnField::kParent), &gaps);
    const auto ids = reader.AllFixedValues(reader.Required(ColumnField::kSpanId), &gaps);
    EXPECT_TRUE(gaps.damage.empty());
    std::vector<Trace> traces;
    std::size_t row = 0;
    for (const std::int64_t count : counts.value()) {
      Trace& trace = traces.emplace_back();
      for (std::int64_t i = 0; i < count; ++i, ++row) {
        trace.ids.push_back(static_cast<std::uint8_t>((*ids)[8 * row]));
        const std::int64_t parent = (*parents)[row];
        trace.parents.push_back(parent < 2 ? kNoParent : static_cast<std::uint32_t>(parent - 2));
      }
    }
    EXPECT_EQ(row, parents->size());
    return traces;
  }

  base::Metrics metrics_;
  ScanCache cache_{64u << 20, metrics_};
};

TEST_F(RowOrderTest, WhatIsBelowASpanIsARangeOfRows) {
  for (std::uint32_t seed = 0; seed < 20; ++seed) {
    std::mt19937 random(seed);
    const model::TraceData data = RandomTrees(random);
    std::map<std::pair<std::uint8_t, std::uint8_t>, std::uint8_t> parent_of;
    for (const model::Span& span : data.spans) {
      parent_of[{span.trace_id.bytes[0], span.span_id.bytes[0]}] = span.parent_span_id.bytes[0];
    }
    const std::vector<model::TraceData> parts = Cut(data, 1 + seed * 3);
    std::vector<model::SpanColumnsPtr> batches;
    for (const model::TraceData& part : parts) {
      batches.push_back(std::make_shared<const model::SpanColumns>(wire::otlp::ScatterSpans(part)));
    }
    // As they came, and as the head joins small ones.
    const auto joined =
        std::make_shared<const model::SpanColumns>(model::ConcatenateSpans(batches));
    for (const auto& sealed : {batches, std::vector<model::SpanColumnsPtr>{joined}}) {
      const std::vector<Trace> traces = Read(BuildRowGroup(sealed, {}));

      ASSERT_EQ(traces.size(), std::size_t{kTraceCount});
      for (std::size_t i = 0; i < traces.size(); ++i) {
        SCOPED_TRACE(::testing::Message() << "seed " << seed << ", trace " << i + 1);
        const Trace& trace = traces[i];
        ExpectSubtreesAreRanges(trace.parents);
        for (std::size_t row = 0; row < trace.ids.size(); ++row) {
          const std::uint8_t parent =
              parent_of.at({static_cast<std::uint8_t>(i + 1), trace.ids[row]});
          const bool is_here = parent != 0 && parent <= trace.ids.size();
          ASSERT_EQ(trace.parents[row] != kNoParent, is_here);
          if (is_here) {
            ASSERT_EQ(trace.ids.at(trace.parents[row]), parent);
          }
        }
      }
    }
  }
}

}  // namespace
}  // namespace clew::storage

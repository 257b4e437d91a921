#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <random>
#include <tuple>
#include <vector>

#include "query/whole_trace.h"
#include "scan/batch_source.h"
#include "storage/testing/test_store.h"
#include "wire/otlp/encode.h"
#include "wire/otlp/materialize.h"
#include "wire/otlp/same_spans.h"
#include "wire/otlp/testing/describe.h"
#include "wire/otlp/testing/own_columns.h"
#include "wire/otlp/testing/plain_same_spans.h"
#include "wire/otlp/testing/random_request.h"

/// Traces that are joined from columns are those that a slow, plain join of objects gives. Holds
/// for every seed; a failure names its seed.
namespace clew::query {
namespace {

using model::Span;
using model::TraceData;
using wire::otlp::testing::DescribeSpans;

constexpr std::uint64_t kSeedCount = 40;
constexpr std::uint64_t kTraceCount = 3;

TraceId IdOf(std::uint64_t number) {
  TraceId id;
  id.bytes.back() = static_cast<std::uint8_t>(number);
  return id;
}

class Fragments {
 public:
  explicit Fragments(std::uint64_t seed) : random_(seed) {
    constexpr auto kTexts = wire::otlp::testing::TextKind::kAnyOctets;
    // Span ids repeat among them, and two in a set say the same but for what is odd in them.
    for (std::uint64_t i = 0; i < 4; ++i) {
      AddFragments(wire::otlp::testing::RandomTraceData(4 * seed + i, kTexts));
    }
    std::erase_if(all_, [](const TraceData& fragment) { return fragment.spans.empty(); });
    std::ranges::shuffle(all_, random_);
  }

  std::vector<TraceData>& all() { return all_; }
  std::mt19937_64& random() { return random_; }

 private:
  bool OneIn(std::uint64_t count) { return random_() % count == 0; }

  // Each span goes to some of a few fragments, here and there without its end.
  void AddFragments(const TraceData& data) {
    const std::size_t begin = all_.size();
    for (int i = 0; i < 3; ++i) {
      TraceData& fragment = all_.emplace_back();
      fragment.resources = data.resources;
      fragment.scopes = data.scopes;
      if (OneIn(2)) ReverseKeys(&fragment.resources[0].attributes);
    }
    for (Span span : data.spans) {
      span.trace_id = IdOf(random_() % kTraceCount + 1);
      if (OneIn(3)) span.start = 7;
      if (OneIn(8)) span.span_id.bytes.fill(9);
      for (std::size_t i = begin; i < all_.size(); ++i) {
        while (OneIn(2)) {
          Span copy = span;
          if (OneIn(3)) copy.end = 0;
          if (OneIn(3)) ReverseKeys(&copy.attributes);
          if (OneIn(6)) copy.flags ^= 1;
          all_[i].spans.push_back(std::move(copy));
        }
      }
    }
  }

  // Those of one key keep their order, which counts.
  static void ReverseKeys(model::Attributes* attributes) {
    std::ranges::stable_sort(*attributes, std::ranges::greater(), &model::KeyValue::key);
  }

  std::mt19937_64 random_;
  std::vector<TraceData> all_;
};

// All spans of a trace in the order in which they come.
TraceData PlainJoin(const std::vector<TraceData>& fragments, const TraceId& id) {
  TraceData joined;
  for (const TraceData& fragment : fragments) {
    const auto resources = static_cast<std::uint32_t>(joined.resources.size());
    const auto scopes = static_cast<std::uint32_t>(joined.scopes.size());
    joined.resources.insert(joined.resources.end(), fragment.resources.begin(),
                            fragment.resources.end());
    joined.scopes.insert(joined.scopes.end(), fragment.scopes.begin(), fragment.scopes.end());
    for (Span span : fragment.spans) {
      if (span.trace_id != id) continue;
      span.resource += resources;
      span.scope += scopes;
      joined.spans.push_back(std::move(span));
    }
  }
  wire::otlp::testing::DropDuplicateSpans(&joined);
  wire::otlp::testing::SortSpans(&joined);
  return joined;
}

using Order = std::vector<std::tuple<UnixNanos, SpanId, model::SpanKind, std::string, UnixNanos>>;

Order OrderOf(const TraceData& trace) {
  Order order;
  for (const Span& span : trace.spans) {
    order.emplace_back(span.start, span.span_id, span.kind, span.name, span.end);
  }
  return order;
}

class JoinedTraceProperty : public ::testing::Test {
 protected:
  std::map<TraceId, model::SpanColumnsPtr> Join(const std::vector<TraceData>& fragments) {
    std::vector<scan::SpanSourcePtr> sources;
    for (const TraceData& fragment : fragments) {
      sources.push_back(
          std::make_shared<const scan::BatchSource>(wire::otlp::testing::OwnColumns(fragment)));
    }
    std::vector<TraceId> ids;
    for (std::uint64_t i = 1; i <= kTraceCount; ++i) ids.push_back(IdOf(i));
    QueryStats stats;
    const QueryContext context;
    AnswerBudget budget{.bytes_max = 1u << 30};
    const auto traces = ReadWholeTraces({store_.storage(), context, sources, stats}, ids, &budget);
    EXPECT_TRUE(traces.has_value()) << traces.error().message;
    std::map<TraceId, model::SpanColumnsPtr> by_id;
    for (const model::SpanColumnsPtr& trace : *traces) by_id[trace->trace_ids.front()] = trace;
    return by_id;
  }

  storage::testing::TestStore store_;
};

TEST_F(JoinedTraceProperty, IsWhatAPlainJoinOfObjectsGives) {
  std::size_t repeated_count = 0;
  for (std::uint64_t seed = 0; seed < kSeedCount; ++seed) {
    Fragments fragments(seed);

    const auto joined = Join(fragments.all());

    for (std::uint64_t i = 1; i <= kTraceCount; ++i) {
      const TraceData expected = PlainJoin(fragments.all(), IdOf(i));
      const auto found = joined.find(IdOf(i));
      ASSERT_EQ(found != joined.end(), !expected.spans.empty()) << "seed " << seed;
      if (found == joined.end()) continue;
      const TraceData trace = wire::otlp::MaterializeSpans(*found->second);
      ASSERT_EQ(DescribeSpans(trace), DescribeSpans(expected)) << "seed " << seed;
      ASSERT_EQ(OrderOf(trace), OrderOf(expected)) << "seed " << seed;
      repeated_count += wire::otlp::RepeatsSpanIds(*found->second) ? 1u : 0u;
    }
  }
  EXPECT_GT(repeated_count, kSeedCount / 4) << "of traces in which different spans share an id";
}

TEST_F(JoinedTraceProperty, DoesNotTellHowItsFragmentsCame) {
  for (std::uint64_t seed = 0; seed < kSeedCount; ++seed) {
    Fragments fragments(seed);
    const auto first = Join(fragments.all());
    std::ranges::shuffle(fragments.all(), fragments.random());

    const auto second = Join(fragments.all());

    ASSERT_EQ(first.size(), second.size());
    for (const auto& [id, trace] : first) {
      ASSERT_EQ(wire::otlp::EncodeRequest(*trace), wire::otlp::EncodeRequest(*second.at(id)))
          << "seed " << seed;
    }
  }
}

}  // namespace
}  // namespace clew::query

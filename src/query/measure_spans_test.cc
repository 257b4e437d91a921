#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "base/memory_budget.h"
#include "base/metrics.h"
#include "base/worker_pool.h"
#include "query/collect.h"
#include "query/store_query.h"
#include "query/traceql_plan.h"
#include "storage/testing/test_store.h"
#include "traceql/metrics/collector.h"
#include "traceql/parse.h"

// Queries of metrics over a store: from columns where that will do, else over whole traces; what
// they give does not show which it was, nor where spans lie, nor how often they were sent.
namespace clew::query {
namespace {

using model::Value;
using storage::testing::MakeData;
using storage::testing::SpanSpec;
using storage::testing::TestStore;
using traceql::metrics::Answer;
using traceql::metrics::TimeRange;

constexpr std::int64_t kSecond = 1'000'000'000;

TimeRange Seconds(std::int64_t start, std::int64_t end, std::int64_t step) {
  return {.start = start * kSecond, .end = end * kSecond, .step = Nanos(step * kSecond)};
}

// A series a line: labels, points by their seconds, exemplars by their traces.
std::string Describe(const Answer& answer) {
  std::string text;
  for (const traceql::metrics::Series& series : answer.series) {
    if (!text.empty()) text += '\n';
    text += traceql::metrics::LabelText(series.labels);
    for (const auto& [time, value] : series.samples) {
      text += fmt::format(" {:g}:{:g}", static_cast<double>(time) / 1000, value);
    }
    for (const auto& exemplar : series.exemplars) {
      text += fmt::format(" {}@{}={:g}", traceql::metrics::LabelText(exemplar.labels),
                          exemplar.timestamp_ms, exemplar.value);
    }
  }
  return text;
}

class MeasureSpansTest : public ::testing::Test {
 protected:
  void Append(const model::TraceData& data, bool is_block) {
    ASSERT_TRUE(store_.Append(data).has_value());
    if (!is_block) return;
    ASSERT_TRUE(store_.storage().Flush().has_value());
  }
  void Append(const std::vector<SpanSpec>& specs, bool is_block = false) {
    Append(MakeData(specs), is_block);
  }

  static Result<Plan> PlanOf(const std::string& text, const TimeRange& range,
                             std::uint32_t exemplars) {
    ASSIGN_OR_RETURN(const traceql::Query query, traceql::Parse(text));
    return TraceQlMetricsPlan(query, {.range = range, .exemplars_max = exemplars});
  }
  Result<Answer> Run(const std::string& text, const TimeRange& range, std::uint32_t exemplars = 0) {
    ASSIGN_OR_RETURN(const Plan plan, PlanOf(text, range, exemplars));
    context_.stats = &stats_;
    context_.left_out = &left_out_;
    ASSIGN_OR_RETURN(const auto answers, Collect<MetricsAnswerPtr>(query_, plan, context_));
    EXPECT_EQ(answers.size(), 1u);
    return *answers.front();
  }
  std::string Ask(const std::string& text, const TimeRange& range, std::uint32_t exemplars = 0) {
    const Result<Answer> answer = Run(text, range, exemplars);
    return answer ? Describe(*answer) : answer.error().message;
  }

  TestStore store_;
  StoreQuery query_{store_.storage()};
  QueryStats stats_;
  LeftOut left_out_;
  QueryContext context_;
};

SpanSpec Span(std::string trace, std::string span, std::int64_t second, std::string name = "op",
              std::string service = "shop") {
  return {.trace = std::move(trace),
          .span = std::move(span),
          .service = std::move(service),
          .name = std::move(name),
          .start = second * kSecond};
}

TEST_F(MeasureSpansTest, BucketsAreOpenToTheLeft) {
  Append({Span("a", "1", 100), Span("a", "2", 101), Span("a", "3", 110)}, true);
  Append({Span("b", "1", 111), Span("b", "2", 120), Span("b", "3", 121)});

  EXPECT_EQ(Ask("{ } | count_over_time()", Seconds(100, 120, 10)),
            R"({__name__="count_over_time"} 110:2 120:2)");
  EXPECT_EQ(Ask("{ } | rate()", Seconds(100, 120, 20)), R"({__name__="rate"} 120:0.2)");
  EXPECT_EQ(Ask("{ name = `absent` } | rate()", Seconds(100, 120, 20)),
            R"({__name__="rate"} 120:0)");
}

TEST_F(MeasureSpansTest, WhatIsSentAgainCountsOnce) {
  const std::vector<SpanSpec> sent = {Span("a", "1", 101), Span("a", "2", 102),
                                      Span("b", "1", 103)};
  const TimeRange range = Seconds(100, 110, 10);
  const std::string expected = R"({__name__="count_over_time"} 110:3)";
  const std::string query = "{ } | count_over_time()";
  Append(sent, true);
  EXPECT_EQ(Ask(query, range), expected);
  Append(sent);
  EXPECT_EQ(Ask(query, range), expected) << "in the head as well";
  EXPECT_EQ(Ask(query, range), expected) << "when that is known";
  Append(sent, true);
  EXPECT_EQ(Ask(query, range), expected) << "twice in one block";
  Append({Span("a", "3", 104)});
  EXPECT_EQ(Ask(query, range), R"({__name__="count_over_time"} 110:4)");
  EXPECT_EQ(Ask("{ name = `op` } | count_over_time() by (resource.service.name)", range),
            R"({resource.service.name="shop"} 110:4)");
}

TEST_F(MeasureSpansTest, ASpanThatIsFinishedLaterCountsAsThat) {
  model::TraceData unfinished = MakeData({Span("a", "1", 101)});
  unfinished.spans[0].end = 0;
  Append(unfinished, true);
  Append({Span("a", "1", 101)});

  EXPECT_EQ(Ask("{ } | max_over_time(duration)", Seconds(100, 110, 10)),
            R"({__name__="max_over_time"} 110:1e-06)");
  EXPECT_EQ(Ask("{ duration = 0s } | count_over_time()", Seconds(100, 110, 10)),
            R"({__name__="count_over_time"} 110:0)");
}

TEST_F(MeasureSpansTest, SourcesInOneStepAreCountedWithoutReadingThem) {
  Append({Span("a", "1", 101), Span("a", "2", 102)}, true);
  Append({Span("b", "1", 103)}, true);
  const TimeRange range = Seconds(100, 110, 10);
  EXPECT_EQ(Ask("{ } | rate()", range), R"({__name__="rate"} 110:0.3)");

  EXPECT_EQ(Ask("{ } | rate()", range), R"({__name__="rate"} 110:0.3)");

  EXPECT_EQ(stats_.operators.at(0).pages_read + stats_.operators.at(1).pages_read, 0u);
  EXPECT_EQ(stats_.operators.at(1).rows, 3u);
  EXPECT_EQ(stats_.operators.at(0).rows, 1u);
}

TEST_F(MeasureSpansTest, ARunIsExplained) {
  const auto plan =
      PlanOf("({status=error}|rate())/({}>>{name=`x`}|rate())", Seconds(100, 120, 10), 0);
  ASSERT_TRUE(plan.has_value());

  EXPECT_EQ(Explain(*plan, nullptr),
            "measure spans: ({ status = error } | rate()) / ({ true } >> { name = \"x\" } | "
            "rate()), start "
            "in (100000000000, 120000000000], 2 steps, passes skip-by-statistics skip-by-filters\n"
            "  scan spans: span:status = \"error\", start >= 100000000001, start <= 120000000000\n"
            "  scan spans: span:name = \"x\", start >= 100000000001, start <= 120000000000\n");
}

TEST_F(MeasureSpansTest, WhatCannotBeAskedIsAnError) {
  const auto search = Run("{ }", Seconds(100, 120, 10));
  ASSERT_FALSE(search.has_value());
  EXPECT_EQ(search.error().code, Code::kInvalidArgument);
  EXPECT_TRUE(search.error().message.starts_with("invalid TraceQL query: not a metrics query"))
      << search.error().message;
  EXPECT_EQ(Run("{ 1 + 1 } | rate()", Seconds(100, 120, 10)).error().code, Code::kInvalidArgument);
}

TEST_F(MeasureSpansTest, WhatIsOddIsWhatAQuerySeesOfIt) {
  std::vector<SpanSpec> specs;
  for (int i = 1; i <= 5; ++i) specs.push_back(Span("a", fmt::format("{}", i), 101));
  specs[0].attributes = {{"n", Value{std::int64_t{1}}}, {"n", Value{std::string("x")}}};
  specs[1].attributes = {{"n", Value{model::ByteString{"x"}}}};
  specs[2].attributes = {{"n", Value{Value::KvList{{"k", Value{true}}}}}};
  specs[3].attributes = {{"n", Value{std::int64_t{1}}}};
  const TimeRange range = Seconds(100, 110, 10);
  const auto count = [&](const std::string& filter) {
    return Ask(filter + " | count_over_time()", range);
  };
  for (const bool is_block : {false, true}) {
    if (is_block) ASSERT_TRUE(store_.storage().Flush().has_value());
    if (!is_block) Append(specs);
    EXPECT_EQ(count("{ span.n = nil }"), R"({__name__="count_over_time"} 110:3)");
    EXPECT_EQ(count("{ span.n != nil }"), R"({__name__="count_over_time"} 110:2)");
    EXPECT_EQ(count("{ span.n = 1 }"), R"({__name__="count_over_time"} 110:1)");
    EXPECT_EQ(count("{ !(span.n = 1) }"), R"({__name__="count_over_time"} 110:4)");
    EXPECT_EQ(count("{ span.n = `x` }"), R"({__name__="count_over_time"} 110:1)");
  }
}

TEST_F(MeasureSpansTest, AttributesAreReadUnderAnyOfTheirNames) {
  std::vector<SpanSpec> specs = {Span("a", "1", 101), Span("b", "1", 102), Span("c", "1", 103)};
  specs[0].attributes = {{"http.method", Value{std::string("GET")}}};
  specs[1].attributes = {{"http.request.method", Value{std::string("GET")}}};
  Append(specs, true);
  const TimeRange range = Seconds(100, 110, 10);

  EXPECT_EQ(Ask("{ } | count_over_time() by (span.http.method)", range),
            R"({span.http.method="GET"} 110:2)"
            "\n"
            R"({span.http.method="nil"} 110:1)");
  EXPECT_EQ(stats_.At(1).spans_scanned, 3u) << "by columns";
  EXPECT_EQ(Ask("{ span.http.method = `GET` } | count_over_time()", range, 10),
            R"({__name__="count_over_time"} 110:2 )"
            R"({span.http.method="GET", trace:id="0000000000000000000000000000000a"}@101000=2 )"
            R"({span.http.request.method="GET", trace:id="0000000000000000000000000000000b"})"
            "@102000=2");
}

TEST_F(MeasureSpansTest, OfRootsThatStartTogetherTheOneOfTheLeastIdIsCompared) {
  const TimeRange range = Seconds(100, 110, 10);
  const std::string root = R"({__meta_type="baseline", rootName="first"})";
  // In one source, then in two.
  Append({Span("a", "2", 101, "second"), Span("a", "1", 101, "first")}, true);
  EXPECT_TRUE(Ask("{ } | compare({ status = error })", range).contains(root + " 110:2"));
  Append({Span("b", "2", 101, "second")}, true);
  Append({Span("b", "1", 101, "first")}, true);
  EXPECT_TRUE(Ask("{ } | compare({ status = error })", range).contains(root + " 110:4"));
}

TEST_F(MeasureSpansTest, PassesAreSwitchedOffByTheQuery) {
  Append({Span("a", "1", 101)}, true);
  Append({Span("b", "1", 501)}, true);
  const TimeRange range = Seconds(100, 110, 10);
  const std::string expected = R"({__name__="count_over_time"} 110:1)";

  EXPECT_EQ(Ask("{ name = `op` } | count_over_time()", range), expected);
  EXPECT_EQ(stats_.At(1).row_groups_skipped, 1u);
  const std::string off = " with(passes_off=`skip-by-statistics,skip-by-filters`)";
  EXPECT_EQ(Ask("{ name = `op` } | count_over_time()" + off, range), expected);
  EXPECT_EQ(stats_.At(1).row_groups_skipped, 0u);
  EXPECT_EQ(Run("{ } | rate() with(passes_off=`x`)", range).error().code, Code::kInvalidArgument);
}

TEST_F(MeasureSpansTest, EndsWhenItsTimeIsOver) {
  Append({Span("a", "1", 101)});
  context_.deadline = Deadline::min();

  for (const char* query : {"{ } | rate()", "{ } >> { } | rate()"}) {
    EXPECT_EQ(Run(query, Seconds(100, 120, 10)).error().code, Code::kDeadlineExceeded) << query;
  }
}

TEST_F(MeasureSpansTest, SeriesTakeOfTheMemoryOfAnswers) {
  std::vector<SpanSpec> specs;
  for (int i = 1; i <= 20'000; ++i) {
    specs.push_back(Span(fmt::format("{:x}", i), "1", 100 + i % 10));
  }
  Append(specs, true);
  base::Metrics metrics;
  base::MemoryBudget budget(64u << 20, metrics);
  AnswerMemory memory(budget.account(base::MemoryUse::kAnswers));
  context_.memory = &memory;

  EXPECT_EQ(Ask("{ } | count_over_time()", Seconds(50, 150, 100)),
            R"({__name__="count_over_time"} 150:20000)");
  const std::uint64_t of_one_series = memory.bytes();
  EXPECT_LT(of_one_series, 10'000u);
  const auto each = Run("{ } | rate() by (trace:id)", Seconds(50, 150, 1));

  ASSERT_FALSE(each.has_value());
  EXPECT_EQ(each.error().code, Code::kResourceExhausted) << each.error().message;
}

TEST_F(MeasureSpansTest, OfAttributesWithTooManyValuesAllSpansAreCompared) {
  constexpr int kMany = 10'010;
  for (const auto& [first, count] : {std::pair(0, kMany), std::pair(kMany, 100)}) {
    std::vector<SpanSpec> specs;
    for (int i = first; i < first + count; ++i) {
      specs.push_back(Span(fmt::format("{:x}", i + 1), "1", 101));
      specs.back().attributes = {{"each", Value{fmt::format("value {}", i)}}};
    }
    Append(specs, true);
  }

  const std::string compared = Ask("{ } | compare({ status = error }, 3)", Seconds(100, 110, 10));

  for (
      const char* const line :
      {R"({__meta_type="baseline_total", span.each="nil"} 110:10110)",
       R"({__meta_type="baseline", __meta_error="__too_many_values__", span.each="nil"} 110:10110)",
       R"({__meta_type="baseline", resource.service.name="shop"} 110:10110)"}) {
    EXPECT_TRUE(compared.contains(line)) << line << "\n" << compared;
  }
}

// Random traces, of which each span goes to some of several places, here and there without its end.
class RandomStore {
 public:
  static constexpr int kTraces = 25;

  explicit RandomStore(std::uint64_t seed) : random_(seed), fragments_(5) {
    for (int trace = 1; trace <= kTraces; ++trace) {
      std::vector<SpanSpec> specs;
      for (std::uint64_t i = 1 + Below(6); i > 0; --i) specs.push_back(RandomSpan(trace, i));
      const model::TraceData whole = MakeData(specs);
      const std::size_t home = Below(fragments_.size());
      for (const model::Span& span : whole.spans) {
        // Mostly all of a trace is in one place, once.
        const std::size_t place = OneIn(4) ? Below(fragments_.size()) : home;
        Put(whole, span, place);
        while (OneIn(8)) Put(whole, span, OneIn(2) ? place : Below(fragments_.size()));
      }
    }
  }

  const std::vector<model::TraceData>& fragments() const { return fragments_; }

 private:
  std::uint64_t Below(std::uint64_t count) { return random_() % count; }
  bool OneIn(std::uint64_t count) { return Below(count) == 0; }

  SpanSpec RandomSpan(int trace, std::uint64_t number) {
    constexpr std::array<const char*, 4> kWords = {"get", "pay", "add", ""};
    SpanSpec spec{.trace = fmt::format("{:x}", trace * 7919),
                  .span = fmt::format("{:x}", number),
                  .parent = number > 1 && OneIn(2) ? "1" : "",
                  .service = OneIn(2) ? "front" : "bank",
                  .name = kWords[Below(4)],
                  .start = static_cast<UnixNanos>(950 + Below(1100)) * kSecond / 10,
                  .duration = Nanos(Below(3) * 500'000'000 + Below(1'000'000)),
                  .status = static_cast<model::StatusCode>(Below(3)),
                  .kind = static_cast<model::SpanKind>(Below(6))};
    switch (Below(6)) {
      case 0:
        break;
      case 1:
        spec.attributes.push_back({"n", Value{std::string("many")}});
        break;
      case 2:
        spec.attributes.push_back({"n", RandomArray()});
        break;
      default:
        spec.attributes.push_back({"n", Value{static_cast<std::int64_t>(Below(5))}});
    }
    if (OneIn(2))
      spec.attributes.push_back({"word", Value{std::string(kWords[Below(3)])}});
    else if (OneIn(4))
      spec.attributes.push_back({"word", Value{OneIn(2)}});
    if (OneIn(3)) spec.attributes.push_back({"real", Value{static_cast<double>(Below(99)) / 7}});
    if (OneIn(4)) spec.attributes.push_back({"SampleRate", Value{std::int64_t{4}}});
    spec.resource_attributes = {{"word", Value{std::string("of " + spec.service)}}};
    for (std::uint64_t i = Below(3); i > 0; --i) {
      model::Event& event = spec.events.emplace_back();
      event.time = spec.start;
      event.name = kWords[Below(4)];
      event.attributes = {{"word", Value{std::string(kWords[Below(4)])}}};
      if (OneIn(3)) event.attributes.push_back({"n", Value{OneIn(2)}});
    }
    return spec;
  }

  Value RandomArray() {
    Value::Array items;
    for (std::uint64_t i = 1 + Below(2); i > 0; --i) {
      items.push_back(Value{static_cast<std::int64_t>(Below(5))});
    }
    return Value{std::move(items)};
  }

  // Now and then one that says who is the parent.
  model::Link RandomLink(const model::TraceData& whole) {
    model::Link link;
    link.trace_id = whole.spans[0].trace_id;
    link.span_id = whole.spans[0].span_id;
    link.attributes = {{"word", Value{std::string("link")}}};
    if (OneIn(8))
      link.attributes.push_back({"opentracing.ref_type", Value{std::string("child_of")}});
    return link;
  }

  void Put(const model::TraceData& whole, const model::Span& span, std::size_t place) {
    model::TraceData& fragment = fragments_[place];
    model::Span copy = span;
    copy.resource = static_cast<std::uint32_t>(fragment.resources.size());
    copy.scope = static_cast<std::uint32_t>(fragment.scopes.size());
    if (OneIn(6)) copy.links.push_back(RandomLink(whole));
    fragment.resources.push_back(whole.resources[span.resource]);
    fragment.scopes.push_back(whole.scopes[span.scope]);
    if (OneIn(10)) copy.end = 0;
    fragment.spans.push_back(std::move(copy));
  }

  std::mt19937_64 random_;
  std::vector<model::TraceData> fragments_;
};

class MeasuredSpansProperty : public MeasureSpansTest,
                              public ::testing::WithParamInterface<std::uint64_t> {
 protected:
  // The same by looking at each trace, whole.
  std::string Reference(const std::string& text, const TimeRange& range, std::uint32_t exemplars) {
    const auto query = traceql::Parse(text);
    const auto program = traceql::metrics::MetricsProgram::Prepare(*query);
    EXPECT_TRUE(program.has_value()) << text;
    std::vector<TraceId> ids;
    for (int trace = 1; trace <= RandomStore::kTraces; ++trace) {
      ids.push_back(*TraceId::FromHex(fmt::format("{:x}", trace * 7919)));
    }
    const auto whole = CollectTraces(query_, TracesPlan(ids), {});
    EXPECT_TRUE(whole.has_value());
    traceql::metrics::Collector collector(*program, range, {.exemplars = exemplars});
    const model::StopCheck never;
    for (const model::SpanColumnsPtr& trace : whole->traces) {
      EXPECT_TRUE(collector.AddTrace(*trace, never).has_value());
    }
    const auto answer = collector.Finish(0);
    return answer ? Describe(*answer) : answer.error().message;
  }
};

constexpr std::array kQueries = {
    "{ } | rate()",
    "{ } | count_over_time() by (resource.service.name)",
    "{ } | rate() by (name, status, kind)",
    "{ status != ok } | rate() by (.word)",
    "{ span.word != nil } | count_over_time() by (span.word, resource.word)",
    "{ .n > 1 } | sum_over_time(.n) by (.word)",
    "{ !(span.n = 3) && .absent = nil } | count_over_time() by (.n)",
    "{ } | avg_over_time(span.real) by (span.n)",
    "{ } | min_over_time(duration) by (instrumentation:name)",
    "{ } | max_over_time(.n)",
    "{ } | quantile_over_time(duration, .5, .95, 1) by (name)",
    "{ name = `get` } | histogram_over_time(duration) by (resource.service.name)",
    "{ } | rate() by (trace:id, span:id, span:parentID)",
    "{ } | count_over_time() by (duration, statusMessage, .absent)",
    "{ } | rate() with(extrapolate=true)",
    "{ } | sum_over_time(.n) by (name) with(extrapolate=true)",
    "{ name = `get` } | { .n = 3 } | select(.word) | rate()",
    "{ } | rate() by (name) | topk(2)",
    "({ status = error } | rate() by (name)) / ({ } | rate() by (name))",
    // Over whole traces.
    "{ name = `get` } >> { } | rate() by (name)",
    "{ .n = 3 } | count_over_time()",
    "{ } | count() > 2 | rate()",
    "{ rootName = `pay` } | count_over_time() by (rootServiceName)",
    "{ } > { } | compare({ status = error })",
    // What is selected of those that columns tell.
    "{ } | compare({ status = error })",
    "{ status != ok } | compare({ .n > 2 && duration > 400ms }, 2)",
    "{ resource.service.name = `bank` } | compare({ span.word = `get` }, 5)",
    "{ } | compare({ kind = server }, 3) with(extrapolate=true)",
    "{ } | compare({ status = error }, 4, 110000000000, 150000000000)",
    "({ } > { } | count_over_time()) / ({ } | count_over_time())",
};

bool OneOfTwo(std::uint64_t number) { return number % 2 == 0; }

TEST_P(MeasuredSpansProperty, AreWhatWholeTracesGive) {
  const RandomStore data(GetParam());
  base::WorkerPool helpers("test", 3, 16);
  context_.helpers = GetParam() % 2 == 0 ? &helpers : nullptr;
  for (std::size_t i = 0; i < data.fragments().size(); ++i) {
    if (data.fragments()[i].spans.empty()) continue;
    // Some in blocks, some of them together, and the last ones in the head.
    Append(data.fragments()[i], i < 3 && (i + GetParam()) % 3 != 0);
    // What is found out of them is known when there are more, of another time or of all.
    const TimeRange range =
        OneOfTwo(GetParam() + i) ? Seconds(100, 200, 50) : Seconds(90, 210, 120);
    for (const char* const query : {"{ } | rate()", "{ } | compare({ status = error })"}) {
      ASSERT_EQ(Ask(query, range), Reference(query, range, 0))
          << query << ", seed " << GetParam() << ", after " << i;
    }
  }
  for (const TimeRange& range : {Seconds(100, 200, 10), Seconds(90, 210, 120)}) {
    for (const char* const query : kQueries) {
      for (const std::uint32_t exemplars : {0u, 1000u}) {
        ASSERT_EQ(Ask(query, range, exemplars), Reference(query, range, exemplars))
            << query << ", seed " << GetParam();
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, MeasuredSpansProperty, ::testing::Range<std::uint64_t>(0, 4));

}  // namespace
}  // namespace clew::query

#include <gtest/gtest.h>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "query/collect.h"
#include "query/metrics_answer.h"
#include "query/testing/random_cases.h"
#include "query/traceql_plan.h"
#include "traceql/evaluate/testing/run_query.h"
#include "traceql/metrics/answer.h"
#include "traceql/metrics/testing/plain_metrics.h"
#include "traceql/metrics/testing/plain_spans.h"
#include "traceql/metrics/testing/random_metrics_query.h"

// What a query of metrics makes of a store is what lists of rows give: which series, which points,
// and spans that stand for them.
namespace clew::query::testing {
namespace {

using traceql::metrics::Answer;
using traceql::metrics::TimeRange;
using traceql::metrics::testing::PlainExemplar;
using traceql::metrics::testing::PlainRange;
using traceql::metrics::testing::PlainSeries;
using PlainLabels = std::vector<std::pair<std::string, traceql::Static>>;

constexpr UnixNanos kMillisecond = 1'000'000;

PlainLabels AsPlain(const model::Attributes& labels) {
  PlainLabels plain;
  for (const model::KeyValue& label : labels) {
    plain.emplace_back(label.key, traceql::evaluate::testing::SeenOf(label.value).value);
  }
  return plain;
}

std::string TextOf(const PlainLabels& labels) {
  return traceql::metrics::testing::PlainText(labels);
}

std::string Describe(const Answer& answer) {
  std::string text;
  for (const auto& series : answer.series) {
    text += TextOf(AsPlain(series.labels));
    for (const auto& [time, value] : series.samples) text += fmt::format(" {}:{:g}", time, value);
    text += '\n';
  }
  return text;
}

std::string Describe(const std::vector<PlainSeries>& all, const PlainRange& range) {
  std::string text;
  for (const PlainSeries& series : all) {
    text += TextOf(series.labels);
    UnixNanos time = range.start;
    for (const double value : series.values) {
      time += range.step;
      if (!std::isnan(value)) text += fmt::format(" {}:{:g}", time / kMillisecond, value);
    }
    text += '\n';
  }
  return text;
}

bool IsNear(double value, double expected, double error) {
  return std::abs(value - expected) <= error * std::abs(expected);
}

bool AreSame(const Answer& answer, const std::vector<PlainSeries>& plain, const PlainRange& range,
             double error) {
  if (answer.series.size() != plain.size()) return false;
  for (std::size_t i = 0; i < plain.size(); ++i) {
    if (AsPlain(answer.series[i].labels) != plain[i].labels) return false;
    auto sample = answer.series[i].samples.begin();
    const auto end = answer.series[i].samples.end();
    UnixNanos time = range.start;
    for (const double value : plain[i].values) {
      time += range.step;
      if (std::isnan(value)) continue;
      if (sample == end || sample->timestamp_ms != time / kMillisecond) return false;
      if (!IsNear(sample->value, value, error)) return false;
      ++sample;
    }
    if (sample != end) return false;
  }
  return true;
}

bool AreAmong(const PlainLabels& some, const PlainLabels& all) {
  return std::ranges::all_of(
      some, [&all](const auto& label) { return std::ranges::find(all, label) != all.end(); });
}

bool IsOfRoot(const PlainLabels& labels) {
  return labels.back().first == "rootName" || labels.back().first == "rootServiceName";
}

class MetricsProperty : public ::testing::Test {
 protected:
  void Compare(RandomCase* each) {
    const std::string text = traceql::metrics::testing::RandomMetricsQuery(&each->dice);
    const PlainRange range = RandomRange(&each->dice);
    SCOPED_TRACE(fmt::format("{}:\n{}\nin ({}, {}] by {}", each->Name(), text, range.start,
                             range.end, range.step));
    const auto query = traceql::evaluate::testing::ParseAndCheck(text);
    ASSERT_TRUE(query.has_value()) << query.error().message;
    auto plain = traceql::metrics::testing::PlainMeasure(*query, each->store->traces(), range);
    // Which part fails first, and whether one that is not needed is asked, is not told.
    if (!plain.has_value()) return;
    ++compared_;
    if (plain->size() > 1) ++found_count_;
    const auto found = Measure(each, *query, range);
    ASSERT_TRUE(found.has_value()) << found.error().message;
    Answer answer = **found;
    const bool is_compared =
        query->metrics->function.kind == traceql::MetricsFunction::Kind::kCompare;
    const bool is_all_read = range.step == RandomStore::kEnd && text.starts_with("{ } | compare");
    if (is_compared && !is_all_read && each->store->has_spread_roots()) {
      // Where the earliest root lies may not be read (docs/reference/traceql-differences.md).
      std::erase_if(answer.series, [](const auto& one) { return IsOfRoot(AsPlain(one.labels)); });
      std::erase_if(*plain, [](const PlainSeries& one) { return IsOfRoot(one.labels); });
    }
    const bool is_near = text.find("quantile_over_time") != std::string::npos;
    if (!AreSame(answer, *plain, range, is_near ? 0.01 : 1e-9)) {
      FAIL() << "is\n"
             << Describe(answer) << "but plainly\n"
             << Describe(*plain, range) << DescribeAll(*each->store);
    }
    if (query->metrics->op == traceql::Op::kMetrics) CheckExemplars(*each, *query, range, answer);
  }

  std::uint64_t compared_ = 0;
  std::uint64_t found_count_ = 0;

 private:
  static PlainRange RandomRange(RandomCase::Dice* dice) {
    const auto below = [dice](std::size_t count) {
      return kMillisecond * static_cast<UnixNanos>(dice->Below(count));
    };
    if (dice->OneIn(3)) return {.start = 0, .end = RandomStore::kEnd, .step = RandomStore::kEnd};
    PlainRange range{.start = below(10)};
    range.step = kMillisecond + below(6);
    range.end = range.start + kMillisecond + below(12);
    return range;
  }

  static Result<MetricsAnswerPtr> Measure(RandomCase* each, const traceql::Query& query,
                                          const PlainRange& range) {
    const TraceQlMetrics wanted{
        .range = {.start = range.start, .end = range.end, .step = Nanos(range.step)},
        .exemplars_max = each->dice.OneIn(2) ? 100u : 0u};
    ASSIGN_OR_RETURN(const Plan plan, TraceQlMetricsPlan(query, wanted));
    LeftOut left_out;
    each->context.left_out = &left_out;
    ASSIGN_OR_RETURN(const auto answers,
                     Collect<MetricsAnswerPtr>(*each->service, plan, each->context));
    EXPECT_TRUE(left_out.empty()) << left_out.first();
    return answers.front();
  }

  // Each stands for a span that is counted, and says what the query asks of it.
  void CheckExemplars(const RandomCase& each, const traceql::Query& query, const PlainRange& range,
                      const Answer& answer) {
    const auto plain =
        traceql::metrics::testing::PlainExemplars(query, each.store->traces(), range);
    ASSERT_TRUE(plain.has_value());
    for (const auto& series : answer.series) {
      for (const auto& exemplar : series.exemplars) {
        ++exemplar_count_;
        const PlainLabels labels = AsPlain(exemplar.labels);
        const auto is_it = [&](const PlainExemplar& span) {
          PlainLabels all = span.labels;
          all.insert(all.end(), span.more_labels.begin(), span.more_labels.end());
          return exemplar.timestamp_ms == span.start / kMillisecond &&
                 (std::isnan(span.value) || IsNear(exemplar.value, span.value, 1e-9)) &&
                 AreAmong(labels, all) && AreAmong(span.labels, labels);
        };
        if (std::ranges::any_of(*plain, is_it)) continue;
        std::string spans;
        for (const PlainExemplar& span : *plain) {
          spans += fmt::format("{}={} {} or {}\n", span.start, span.value, TextOf(span.labels),
                               TextOf(span.more_labels));
        }
        FAIL() << "no span is " << exemplar.timestamp_ms << " ms: " << exemplar.value << ' '
               << TextOf(labels) << " of\n"
               << spans;
      }
    }
  }

  static std::string DescribeAll(const RandomStore& store) {
    std::string text;
    for (const model::TraceData& trace : store.traces()) text += DescribeTrace(trace);
    return text;
  }

 protected:
  std::uint64_t exemplar_count_ = 0;
};

TEST_F(MetricsProperty, StoresAnswerAsThePlainEvaluator) {
  RandomCases cases;
  cases.ForEach([] { return HasFatalFailure(); }, [this](RandomCase& each) { Compare(&each); });

  if (HasFatalFailure() || RandomCases::Count() < 100) return;
  EXPECT_GT(compared_, RandomCases::Count() / 2);
  EXPECT_GT(found_count_, RandomCases::Count() / 5);
  EXPECT_GT(exemplar_count_, RandomCases::Count() / 4);
}

}  // namespace
}  // namespace clew::query::testing

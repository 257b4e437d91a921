#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "traceql/metrics/testing/random_spans.h"

/// Series compared with what lists of numbers say, for random spans.
namespace clew::traceql::metrics {
namespace {

using testing::SpanSpec;
using Numbers = std::vector<double>;

const model::Value* Find(const SpanSpec& span, std::string_view key) {
  return model::FindAttribute(span.attributes, key);
}

/// By series, then by the second of the point: the numbers that are in it.
using Lists = std::map<std::string, std::map<int, Numbers>>;

/// How a query asks for it, and what it is of a span.
struct Grouping {
  const char* by;
  std::function<std::string(const SpanSpec&)> label_of;
};
struct Argument {
  const char* attribute;
  std::function<std::optional<double>(const SpanSpec&)> value_of;
};

std::string Label(const char* name, const model::Value* value) {
  const auto* const number = value == nullptr ? nullptr : std::get_if<std::int64_t>(&value->data);
  if (number != nullptr) return fmt::format("{}={}", name, *number);
  return fmt::format("{}=\"{}\"", name,
                     value == nullptr ? "nil" : std::get<std::string>(value->data));
}

const Grouping kGroupings[] = {
    {"name", [](const SpanSpec& span) { return fmt::format("name=\"{}\"", span.name); }},
    {"span.n", [](const SpanSpec& span) { return Label("span.n", Find(span, "n")); }},
    {"resource.service.name, .word",
     [](const SpanSpec& span) {
       const model::Value* const word = Find(span, "word");
       const std::string service = fmt::format("resource.service.name=\"{}\"", span.service);
       return word == nullptr ? service : service + ", " + Label(".word", word);
     }},
};

const Argument kArguments[] = {
    {"duration",
     [](const SpanSpec& span) {
       return std::optional(static_cast<double>(std::llround(span.duration * 1e9)) / 1e9);
     }},
    {"span.real",
     [](const SpanSpec& span) {
       const model::Value* const value = Find(span, "real");
       return value == nullptr ? std::nullopt : std::optional(std::get<double>(value->data));
     }},
    {".n",
     [](const SpanSpec& span) {
       const model::Value* const value = Find(span, "n");
       return value == nullptr
                  ? std::nullopt
                  : std::optional(static_cast<double>(std::get<std::int64_t>(value->data)));
     }},
    {"span.word", [](const SpanSpec&) { return std::optional<double>(); }},
};

/// Of (100 s, 200 s], in steps of 5 s.
Lists ListsOf(const std::vector<SpanSpec>& spans, const Grouping& grouping,
              const Argument& argument) {
  Lists lists;
  for (const SpanSpec& span : spans) {
    const std::optional<double> value = argument.value_of(span);
    // Starts are tenths of seconds.
    const auto tenths = std::lround(span.start * 10);
    if (tenths <= 1'000 || tenths > 2'000 || !value) continue;
    const int edge = static_cast<int>((tenths + 49) / 50) * 5;
    lists[grouping.label_of(span)][edge].push_back(*value);
  }
  return lists;
}

double SumOf(const Numbers& numbers) {
  long double sum = 0;
  for (const double number : numbers) sum += number;
  return static_cast<double>(sum);
}

double QuantileOf(Numbers numbers, double quantile) {
  std::ranges::sort(numbers);
  const double rank = std::ceil(quantile * static_cast<double>(numbers.size()) - 1e-9);
  return numbers[static_cast<std::size_t>(std::max(rank, 1.0)) - 1];
}

struct Function {
  const char* name;
  const char* more;
  /// In front of the last brace of the labels.
  const char* label;
  std::function<double(const Numbers&)> value_of;
  /// Of buckets without spans.
  std::optional<double> otherwise;
  double error = 1e-12;
};

double CountOf(const Numbers& numbers) { return static_cast<double>(numbers.size()); }

const Function kFunctions[] = {
    {"min_over_time", "", "", [](const Numbers& list) { return std::ranges::min(list); }, {}},
    {"max_over_time", "", "", [](const Numbers& list) { return std::ranges::max(list); }, {}},
    {"sum_over_time", "", "", SumOf, {}},
    {"avg_over_time", "", "", [](const Numbers& list) { return SumOf(list) / CountOf(list); }, {}},
    {"quantile_over_time", ", 0.5", ", p=0.5",
     [](const Numbers& list) { return QuantileOf(list, 0.5); }, 0, 0.01},
    {"quantile_over_time", ", 0.99", ", p=0.99",
     [](const Numbers& list) { return QuantileOf(list, 0.99); }, 0, 0.01},
};

using Points = std::map<std::string, std::map<int, double>>;

Points PointsOf(const Answer& answer) {
  Points points;
  for (const Series& series : answer.series) {
    for (const Sample& sample : series.samples) {
      points[LabelText(series.labels)][static_cast<int>(sample.timestamp_ms / 1000)] = sample.value;
    }
  }
  return points;
}

Points PointsOf(const Lists& lists, const Function& function) {
  Points points;
  for (const auto& [label, buckets] : lists) {
    auto& series = points['{' + label + function.label + '}'];
    for (int edge = 105; edge <= 200; edge += 5) {
      const auto numbers = buckets.find(edge);
      if (numbers != buckets.end()) {
        series[edge] = function.value_of(numbers->second);
      } else if (function.otherwise) {
        series[edge] = *function.otherwise;
      }
    }
  }
  return points;
}

void ExpectPoints(const std::string& query, const testing::Traces& traces, const Points& expected,
                  double error) {
  const auto answer = testing::Ask(query, traces, testing::Range(100, 200, 5));
  ASSERT_TRUE(answer.has_value()) << answer.error().message;
  const Points points = PointsOf(*answer);
  ASSERT_EQ(points.size(), expected.size()) << query;
  for (const auto& [label, series] : expected) {
    const auto found = points.find(label);
    ASSERT_NE(found, points.end()) << query << ' ' << label;
    ASSERT_EQ(found->second.size(), series.size()) << query << ' ' << label;
    for (const auto& [edge, value] : series) {
      EXPECT_NEAR(found->second.at(edge), value, error * std::abs(value))
          << query << ' ' << label << ' ' << edge;
    }
  }
}

TEST(Reference, FunctionsOfValuesAreThoseOfLists) {
  const testing::RandomSpans spans(1, 60);
  const testing::Traces traces = spans.MakeTraces();
  for (const Grouping& grouping : kGroupings) {
    for (const Argument& argument : kArguments) {
      const Lists lists = ListsOf(spans.specs(), grouping, argument);
      for (const Function& function : kFunctions) {
        ExpectPoints(fmt::format("{{ }} | {}({}{}) by ({})", function.name, argument.attribute,
                                 function.more, grouping.by),
                     traces, PointsOf(lists, function), function.error);
      }
    }
  }
}

TEST(Reference, CountsAreThoseOfLists) {
  const testing::RandomSpans spans(2, 60);
  const testing::Traces traces = spans.MakeTraces();
  const Argument one = {"", [](const SpanSpec&) { return std::optional(1.0); }};
  for (const Grouping& grouping : kGroupings) {
    const Lists lists = ListsOf(spans.specs(), grouping, one);
    ExpectPoints(fmt::format("{{ }} | count_over_time() by ({})", grouping.by), traces,
                 PointsOf(lists, {"", "", "", CountOf, 0}), 0);
    ExpectPoints(
        fmt::format("{{ }} | rate() by ({})", grouping.by), traces,
        PointsOf(lists, {"", "", "", [](const Numbers& list) { return CountOf(list) / 5; }, 0}),
        1e-12);
  }
}

}  // namespace
}  // namespace clew::traceql::metrics

#include "traceql/metrics/testing/plain_spans.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <string_view>
#include <tuple>

#include "traceql/evaluate/testing/plain_evaluate.h"
#include "traceql/naming.h"

namespace clew::traceql::metrics::testing {
namespace {

using evaluate::testing::PlainValue;

std::optional<std::size_t> BucketOf(std::int64_t start, const PlainRange& range) {
  if (start <= range.start || start > range.end) return std::nullopt;
  std::size_t bucket = 0;
  while (start > range.start + range.step * static_cast<std::int64_t>(bucket + 1)) ++bucket;
  return bucket;
}

std::vector<std::string> Split(const std::string& text, char separator) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == separator) {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

/// OpenTelemetry's threshold in a tracestate: `ot=th:8` says that 8/16 of all were not sampled.
std::optional<double> WeightOfThreshold(const std::string& trace_state) {
  for (std::string member : Split(trace_state, ',')) {
    member.erase(0, member.find_first_not_of(' '));
    if (!member.starts_with("ot=")) continue;
    for (const std::string& entry : Split(member.substr(3), ';')) {
      if (!entry.starts_with("th:")) continue;
      double rejected = 0;
      double place = 1;
      for (const char digit : entry.substr(3)) {
        place /= 16;
        rejected += place * std::stoi(std::string(1, digit), nullptr, 16);
      }
      return 1 / (1 - rejected);
    }
  }
  return std::nullopt;
}

double WeightOf(const model::Span& span) {
  if (const auto weight = WeightOfThreshold(span.trace_state)) return *weight;
  const PlainValue rate = evaluate::testing::SeenOf(span.attributes, "SampleRate");
  const bool is_number =
      !rate.is_array() && (rate.value.type == Type::kInt || rate.value.type == Type::kFloat);
  return is_number && rate.value.AsReal() >= 1 ? rate.value.AsReal() : 1;
}

bool Extrapolates(const Query& query) {
  return std::ranges::any_of(query.hints, [](const Hint& hint) {
    return hint.name == "extrapolate" && hint.value.is_bool(true);
  });
}

int RankOf(Type type) {
  return type == Type::kString ? 0 : type == Type::kBool ? 1 : type == Type::kInt ? 2 : 3;
}

}  // namespace

std::size_t PlainBucketCount(const PlainRange& range) { return *BucketOf(range.end, range) + 1; }

Result<std::vector<PlainSpan>> PlainSpans(const Query& query, const Pipeline& pipeline,
                                          const std::vector<model::TraceData>& traces,
                                          const PlainRange& range) {
  std::vector<PlainSpan> spans;
  for (const model::TraceData& trace : traces) {
    ASSIGN_OR_RETURN(const evaluate::testing::Found sets,
                     evaluate::testing::PlainRun(pipeline, trace, NamingOf(query)));
    for (const evaluate::testing::FoundSpans& set : sets) {
      for (const std::uint32_t row : set.rows) {
        const model::Span& span = trace.spans[row];
        const auto bucket = BucketOf(span.start, range);
        if (!bucket) continue;
        spans.push_back({&trace, row, *bucket, Extrapolates(query) ? WeightOf(span) : 1});
      }
    }
  }
  return spans;
}

Static PlainLabel(const PlainValue& value) {
  const Type type = value.value.type;
  const bool has_own_type =
      type == Type::kInt || type == Type::kFloat || type == Type::kBool || type == Type::kString;
  if (!value.is_array() && has_own_type) return value.value;
  return Static::String(evaluate::testing::PlainText(value));
}

bool PlainLabelsLess(const std::vector<std::pair<std::string, Static>>& left,
                     const std::vector<std::pair<std::string, Static>>& right) {
  const auto less = [](const auto& a, const auto& b) {
    const auto key = [](const auto& label) {
      const auto& [name, value] = label;
      return std::tuple(name, RankOf(value.type), value.text, value.number, value.real);
    };
    return key(a) < key(b);
  };
  return std::ranges::lexicographical_compare(left, right, less);
}

}  // namespace clew::traceql::metrics::testing

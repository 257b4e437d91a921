#include "traceql/metrics/testing/plain_compare.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "traceql/evaluate/testing/plain_fields.h"

namespace clew::traceql::metrics::testing {
namespace {

using evaluate::testing::PlainValue;
using Labels = std::vector<std::pair<std::string, Static>>;
/// An attribute as it is printed, with one of its values.
using Said = std::pair<std::string, PlainValue>;

void Add(const std::string& name, PlainValue value, std::vector<Said>* all) {
  const Said said(name, std::move(value));
  if (std::ranges::find(*all, said) == all->end()) all->push_back(said);
}

void Add(Scope scope, const model::Attributes& attributes, std::vector<Said>* all) {
  for (const model::KeyValue& attribute : attributes) {
    PlainValue value = evaluate::testing::SeenOf(attributes, attribute.key);
    if (value.is_nil()) continue;
    Add(Print(Attribute{.scope = scope, .name = attribute.key}), std::move(value), all);
  }
}

/// Everything that a span says, each once.
std::vector<Said> SaidBy(const PlainSpan& span, Naming naming) {
  std::vector<Said> all;
  const PlainValue empty{Static::String("")};
  for (const Intrinsic intrinsic :
       {Intrinsic::kName, Intrinsic::kStatus, Intrinsic::kStatusMessage, Intrinsic::kKind,
        Intrinsic::kRootName, Intrinsic::kRootService, Intrinsic::kInstrumentationName,
        Intrinsic::kInstrumentationVersion}) {
    const Attribute field{.intrinsic = intrinsic};
    // Reading an intrinsic does not fail.
    PlainValue value =
        evaluate::testing::PlainEvaluate(Leaf(field), *span.trace, span.row, naming).value();
    if (value != empty) Add(Print(field), std::move(value), &all);
  }
  const model::Span& row = span.trace->spans[span.row];
  Add(Scope::kSpan, row.attributes, &all);
  Add(Scope::kResource, span.trace->resources[row.resource].attributes, &all);
  Add(Scope::kInstrumentation, span.trace->scopes[row.scope].attributes, &all);
  for (const model::Event& event : row.events) {
    if (!event.name.empty()) Add("event:name", {Static::String(event.name)}, &all);
    Add(Scope::kEvent, event.attributes, &all);
  }
  for (const model::Link& link : row.links) Add(Scope::kLink, link.attributes, &all);
  return all;
}

/// By bucket.
using Counts = std::vector<double>;

double TotalOf(const Counts& counts) {
  double total = 0;
  for (const double count : counts) total += count;
  return total;
}

/// Of the baseline or the selection: how many spans have which values of an attribute.
struct Side {
  std::map<std::string, Counts> totals;
  std::vector<std::pair<Said, Counts>> values;
};

void Count(const PlainSpan& span, const std::vector<Said>& said, std::size_t bucket_count,
           Side* side) {
  std::set<std::string> names;
  for (const Said& each : said) {
    names.insert(each.first);
    auto known = std::ranges::find(side->values, each, &std::pair<Said, Counts>::first);
    if (known == side->values.end())
      known = side->values.insert(known, {each, Counts(bucket_count)});
    known->second[span.bucket] += span.weight;
  }
  for (const std::string& name : names) {
    Counts& total = side->totals[name];
    total.resize(bucket_count);
    total[span.bucket] += span.weight;
  }
}

void AddSeries(const std::string& type, const Side& side, std::size_t value_count,
               std::vector<PlainSeries>* all) {
  for (const auto& [name, total] : side.totals) {
    all->push_back(
        {{{"__meta_type", Static::String(type + "_total")}, {name, Static::String("nil")}}, total});
    std::vector<PlainSeries> of_values;
    for (const auto& [said, counts] : side.values) {
      if (said.first != name) continue;
      of_values.push_back(
          {{{"__meta_type", Static::String(type)}, {name, PlainLabel(said.second)}}, counts});
    }
    // Those of most spans come first.
    std::ranges::sort(of_values, [](const PlainSeries& left, const PlainSeries& right) {
      const double of_left = TotalOf(left.values);
      const double of_right = TotalOf(right.values);
      return of_left != of_right ? of_left > of_right : PlainLabelsLess(left.labels, right.labels);
    });
    if (of_values.size() > value_count) of_values.resize(value_count);
    all->insert(all->end(), of_values.begin(), of_values.end());
  }
}

}  // namespace

Result<std::vector<PlainSeries>> PlainCompared(const MetricsFunction& function,
                                               const std::vector<PlainSpan>& spans,
                                               const PlainRange& range, Naming naming) {
  const std::vector<Static>& bounds = function.bounds;
  const std::size_t value_count = bounds.empty() ? 10 : static_cast<std::size_t>(bounds[0].number);
  Side baseline;
  Side selection;
  for (const PlainSpan& span : spans) {
    ASSIGN_OR_RETURN(bool is_selected, evaluate::testing::PlainHolds(
                                           function.selection, *span.trace, span.row, naming));
    const std::int64_t start = span.trace->spans[span.row].start;
    if (bounds.size() == 3 && bounds[2].number != 0) {
      is_selected = is_selected && start >= bounds[1].number && start < bounds[2].number;
    }
    Count(span, SaidBy(span, naming), PlainBucketCount(range),
          is_selected ? &selection : &baseline);
  }
  std::vector<PlainSeries> all;
  AddSeries("baseline", baseline, value_count, &all);
  AddSeries("selection", selection, value_count, &all);
  return all;
}

}  // namespace clew::traceql::metrics::testing

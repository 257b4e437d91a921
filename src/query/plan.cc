#include "query/plan.h"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <string_view>
#include <utility>

#include "expr/check.h"
#include "expr/print.h"
#include "query/judge_trees.h"
#include "query/listed_spans.h"

namespace clew::query {
namespace {

/// More are counted only.
constexpr std::size_t kIdsShownMax = 5;

std::string RangeText(const std::optional<UnixNanos>& min, const std::optional<UnixNanos>& max) {
  std::string text;
  if (min) text += fmt::format(", start >= {}", *min);
  if (max) text += fmt::format(", start <= {}", *max);
  return text;
}

std::string Line(const ScanSpans& scan) {
  return "scan spans: " + expr::Print(scan.condition) + RangeText(scan.start_min, scan.start_max);
}
std::string Line(const NewestTraces& newest) { return fmt::format("newest {}", newest.limit); }
std::string Line(const NamedTraces& named) {
  std::string text = "traces by id:";
  for (std::size_t i = 0; i < named.ids.size() && i < kIdsShownMax; ++i) {
    text += (i == 0 ? " " : ", ") + named.ids[i].ToHex();
  }
  if (named.ids.size() > kIdsShownMax) {
    text += fmt::format(" and {} more", named.ids.size() - kIdsShownMax);
  }
  return text;
}
std::string Line(const JoinFragments& join) {
  return join.leaves_out ? "join fragments to whole traces, leave out what does not fit"
                         : "join fragments to whole traces";
}
// What is not there is off. `is_of_use` says which ones the operator has.
template <typename IsOfUse>
std::string PassesText(const PassSet& passes, const IsOfUse& is_of_use) {
  std::string text;
  for (const PassInfo& info : kPasses) {
    if (!passes.Has(info.pass) || !is_of_use(info.pass)) continue;
    text += (text.empty() ? ", passes " : " ") + std::string(info.name);
  }
  return text;
}

std::string Line(const MatchTraces& match) {
  return fmt::format("match whole traces: {}, newest {}, {} spans a set", match.text, match.limit,
                     match.spans_per_set) +
         PassesText(match.passes, [&match](Pass pass) {
           if (pass == Pass::kBoundTraces || pass == Pass::kRelateByParents) {
             return match.bound != nullptr;
           }
           return pass != Pass::kJudgeTrees ||
                  (match.program != nullptr && AsksTreesAlone(*match.program));
         });
}
std::string Line(const MeasureSpans& measure) {
  const traceql::metrics::TimeRange& range = measure.range;
  return fmt::format("measure spans: {}, start in ({}, {}], {} steps", measure.text, range.start,
                     range.end, range.bucket_count()) +
         PassesText(measure.passes, [](Pass pass) {
           return pass == Pass::kSkipByStatistics || pass == Pass::kSkipByFilters;
         });
}
std::string Line(const CountOperations& count) {
  return "count operations: " + expr::Print(count.condition);
}
std::string Line(const ListServices&) { return "group by service"; }
std::string Line(const ListOperations&) { return "group by operation and kind"; }
std::string WhereText(const expr::Expression& condition) {
  return IsTrue(condition) ? std::string() : " where " + expr::Print(condition);
}
std::string Line(const ReadTags& tags) {
  return "read tags" + WhereText(tags.condition) + RangeText(tags.start_min, tags.start_max);
}
std::string LimitText(std::size_t limit) {
  return limit == 0 ? std::string() : fmt::format(", up to {}", limit);
}
std::string Line(const ListTags& list) {
  static constexpr std::array<std::string_view, model::kOwnerCount> kNames = {
      "spans", "resources", "scopes", "events", "links"};
  std::string text = "group by owner and key";
  for (std::size_t i = 0; i < list.owners.size(); ++i) {
    text += i == 0 ? ": " : ", ";
    text += kNames[static_cast<std::size_t>(list.owners[i])];
  }
  return text + LimitText(list.limit);
}
std::string Line(const ReadTagValues& values) {
  return "read values of " + expr::Print(values.tag) + WhereText(values.condition) +
         RangeText(values.start_min, values.start_max);
}
std::string Line(const ListTagValues& list) { return "group by value" + LimitText(list.limit); }
std::string Line(const ReadTrees& trees) {
  return "read trees" + RangeText(trees.start_min, trees.start_max);
}
std::string Line(const CountCalls&) { return "count calls from service to service"; }

std::string ByteText(std::uint64_t bytes) {
  return bytes < 1024 ? fmt::format("{} B", bytes) : fmt::format("{} KiB", (bytes + 512) / 1024);
}

std::string StatsLine(const OperatorStats& stats) {
  std::string text = fmt::format("{} rows in {:.3f} ms", stats.rows,
                                 std::chrono::duration<double, std::milli>(stats.time).count());
  if (stats.spans_scanned > 0) text += fmt::format(", {} spans scanned", stats.spans_scanned);
  if (stats.traces_ruled_out > 0) {
    text += fmt::format(", {} traces ruled out", stats.traces_ruled_out);
  }
  if (stats.trees_read > 0) text += fmt::format(", trees of {} row groups", stats.trees_read);
  if (stats.row_groups_read + stats.row_groups_skipped > 0) {
    text += fmt::format(", row groups: {} read, {} skipped", stats.row_groups_read,
                        stats.row_groups_skipped);
    if (stats.row_groups_filtered > 0) {
      text += fmt::format(" ({} by filters)", stats.row_groups_filtered);
    }
  }
  if (stats.pages_read + stats.pages_skipped > 0) {
    text += fmt::format(", pages: {} read ({}), {} skipped", stats.pages_read,
                        ByteText(stats.bytes_read), stats.pages_skipped);
    if (stats.pages_out_of_range > 0) {
      text += fmt::format(" ({} by range)", stats.pages_out_of_range);
    }
  }
  return text;
}

void ExplainInto(const Plan& plan, const QueryStats* stats, std::size_t depth, std::size_t* place,
                 std::string* out) {
  const std::string indent(2 * depth, ' ');
  *out += indent + std::visit([](const auto& op) { return Line(op); }, plan.op) + '\n';
  if (stats != nullptr) {
    const bool has_run = *place < stats->operators.size();
    *out += indent + "= " + StatsLine(has_run ? stats->operators[*place] : OperatorStats()) + '\n';
  }
  ++*place;
  for (const Plan& input : plan.inputs) ExplainInto(input, stats, depth + 1, place, out);
}

}  // namespace

Status Check(const Plan& plan) {
  if (const auto* const spans = std::get_if<ScanSpans>(&plan.op))
    TRY(expr::Check(spans->condition));
  if (const auto* const count = std::get_if<CountOperations>(&plan.op)) {
    TRY(expr::Check(count->condition));
  }
  if (const auto* const tags = std::get_if<ReadTags>(&plan.op)) TRY(expr::Check(tags->condition));
  if (const auto* const values = std::get_if<ReadTagValues>(&plan.op)) {
    TRY(expr::Check(values->condition));
  }
  for (const Plan& input : plan.inputs) TRY(Check(input));
  return {};
}

Plan SearchPlan(SearchRequest request) {
  const std::size_t limit = request.limit;
  Plan spans{.op = ScanSpans{.condition = std::move(request.condition),
                             .start_min = request.start_min,
                             .start_max = request.start_max}};
  Plan newest{.op = NewestTraces{.limit = limit}, .inputs = {std::move(spans)}};
  return {.op = JoinFragments{.leaves_out = true}, .inputs = {std::move(newest)}};
}

Plan TracePlan(const TraceId& id) {
  return {.op = JoinFragments{}, .inputs = {{.op = NamedTraces{.ids = {id}}}}};
}

Plan TracesPlan(std::vector<TraceId> ids) {
  return {.op = JoinFragments{.leaves_out = true},
          .inputs = {{.op = NamedTraces{.ids = std::move(ids)}}}};
}

Plan ServicesPlan() {
  return {.op = ListServices{}, .inputs = {{.op = CountOperations{.condition = expr::True()}}}};
}

Plan OperationsPlan(std::string service) {
  CountOperations count{.condition =
                            expr::Compare(expr::Op::kEqual, expr::Of(expr::Field::kService),
                                          expr::Literal::String(service))};
  return {.op = ListOperations{.service = std::move(service)},
          .inputs = {{.op = std::move(count)}}};
}

Plan TagsPlan(ReadTags tags, std::vector<model::Owner> owners, std::size_t limit) {
  return {.op = ListTags{.owners = std::move(owners), .limit = limit},
          .inputs = {{.op = std::move(tags)}}};
}

Plan TagValuesPlan(ReadTagValues values, std::size_t limit) {
  return {.op = ListTagValues{.limit = limit}, .inputs = {{.op = std::move(values)}}};
}

Plan DependenciesPlan(UnixNanos start_min, UnixNanos start_max) {
  return {.op = CountCalls{},
          .inputs = {{.op = ReadTrees{.start_min = start_min, .start_max = start_max}}}};
}

std::size_t OperatorCount(const Plan& plan) {
  std::size_t count = 1;
  for (const Plan& input : plan.inputs) count += OperatorCount(input);
  return count;
}

PassSet PassesOf(const Plan& plan) {
  if (const auto* const match = std::get_if<MatchTraces>(&plan.op)) return match->passes;
  const auto* const measure = std::get_if<MeasureSpans>(&plan.op);
  return measure == nullptr ? PassSet() : measure->passes;
}

std::string Explain(const Plan& plan, const QueryStats* stats) {
  std::string text;
  std::size_t place = 0;
  ExplainInto(plan, stats, 0, &place, &text);
  return text;
}

}  // namespace clew::query

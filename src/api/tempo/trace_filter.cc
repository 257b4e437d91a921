#include "api/tempo/trace_filter.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <memory>
#include <numeric>
#include <string_view>
#include <utility>
#include <vector>

#include "api/naming_param.h"
#include "api/tempo/params.h"
#include "base/excerpt.h"
#include "model/memory.h"
#include "model/own_text.h"
#include "model/select_rows.h"
#include "model/stop_check.h"
#include "traceql/check.h"
#include "traceql/evaluate/evaluation.h"
#include "traceql/naming.h"
#include "traceql/parse.h"

namespace clew::api::tempo {
namespace {

using traceql::evaluate::Evaluation;
using traceql::evaluate::kNoRow;
using traceql::evaluate::Rows;

// While a trace is looked at: more than its structure takes, and a row in a set or two.
constexpr std::uint64_t kBytesPerSpan = 200;

Result<bool> Flag(const net::HttpRequest& request, std::string_view name) {
  const std::string_view text = Param(request, name);
  if (text.empty() || text == "false") return false;
  if (text == "true") return true;
  return base::InvalidArgument("invalid {}: use true or false, not \"{}\"", name,
                               base::Excerpt(text));
}

Result<std::uint32_t> Levels(const net::HttpRequest& request, std::string_view name,
                             std::uint32_t otherwise) {
  const std::string_view text = Param(request, name);
  if (text.empty()) return otherwise;
  std::int32_t levels = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), levels);
  const bool is_number = code == std::errc() && end == text.data() + text.size();
  if (is_number && levels == -1) return TraceFilter::kAllLevels;
  if (is_number && levels >= 0) return static_cast<std::uint32_t>(levels);
  return base::InvalidArgument("invalid {}: \"{}\" is neither a number of levels nor -1 for all",
                               name, base::Excerpt(text));
}

// Adds to `kept` what is up to so many levels away from a row of `matches`: `relatives_of(row,
// visit)` visits those that are one away. No row is looked at twice, nor round in a ring.
template <typename RelativesOf>
void KeepRelatives(const Rows& matches, std::uint32_t levels, const RelativesOf& relatives_of,
                   std::vector<bool>* kept) {
  std::vector<bool> is_known(kept->size(), false);
  for (const std::uint32_t row : matches) is_known[row] = true;
  Rows level = matches;
  for (; levels > 0 && !level.empty(); --levels) {
    Rows next;
    for (const std::uint32_t row : level) {
      relatives_of(row, [&](std::uint32_t relative) {
        if (is_known[relative]) return;
        is_known[relative] = true;
        (*kept)[relative] = true;
        next.push_back(relative);
      });
    }
    level = std::move(next);
  }
}

void KeepAbove(const Rows& matches, const Rows& parents, std::uint32_t levels,
               std::vector<bool>* kept) {
  const auto parent_of = [&parents](std::uint32_t row, const auto& visit) {
    if (parents[row] != kNoRow) visit(parents[row]);
  };
  KeepRelatives(matches, levels, parent_of, kept);
}

void KeepBelow(const Rows& matches, const Rows& parents, std::uint32_t levels,
               std::vector<bool>* kept) {
  const auto parent_of = [&parents](std::uint32_t row) { return parents[row]; };
  Rows by_parent(parents.size());
  std::iota(by_parent.begin(), by_parent.end(), 0U);
  std::ranges::sort(by_parent, {}, parent_of);
  const auto children_of = [&](std::uint32_t row, const auto& visit) {
    std::ranges::for_each(std::ranges::equal_range(by_parent, row, {}, parent_of), visit);
  };
  KeepRelatives(matches, levels, children_of, kept);
}

Result<Rows> RowsOf(const TraceFilter& filter, const model::SpanColumns& spans,
                    const model::StopCheck& check) {
  Evaluation evaluation(filter.program, spans, check);
  ASSIGN_OR_RETURN(const auto found, evaluation.Run());
  Rows matches;
  for (const auto& set : found) matches.insert(matches.end(), set.rows.begin(), set.rows.end());
  std::vector<bool> kept(spans.span_count(), false);
  for (const std::uint32_t row : matches) kept[row] = true;
  if (filter.levels_above > 0) {
    KeepAbove(matches, evaluation.trace().Sets().parents, filter.levels_above, &kept);
  }
  if (filter.levels_below > 0) {
    KeepBelow(matches, evaluation.trace().Sets().parents, filter.levels_below, &kept);
  }
  Rows rows;
  for (std::uint32_t row = 0; row < kept.size(); ++row) {
    if (kept[row]) rows.push_back(row);
  }
  return rows;
}

}  // namespace

Result<std::optional<TraceFilter>> ParseTraceFilter(const net::HttpRequest& request) {
  ASSIGN_OR_RETURN(const bool keeps_hierarchy, Flag(request, "keep_hierarchy"));
  ASSIGN_OR_RETURN(const std::uint32_t below, Levels(request, "match_depth", 0));
  ASSIGN_OR_RETURN(const std::uint32_t above,
                   Levels(request, "ancestor_depth", TraceFilter::kAllLevels));
  ASSIGN_OR_RETURN(const bool finds_all_names, FindsAllNames(request));
  const std::string_view text = Param(request, "q");
  if (text.empty()) return std::nullopt;
  ASSIGN_OR_RETURN(traceql::Query query, traceql::Parse(text));
  TRY(traceql::Check(query));
  if (query.is_metrics()) {
    return base::InvalidArgument(
        "invalid TraceQL query: a query of metrics keeps no spans: leave out what stands behind "
        "the last |");
  }
  if (!finds_all_names) query.hints.push_back(traceql::AsAskedHint());
  ASSIGN_OR_RETURN(auto program,
                   traceql::evaluate::Program::Prepare(
                       query.pipeline, traceql::evaluate::FieldProgram(NamingOf(query))));
  return TraceFilter{.program = std::move(program),
                     .levels_below = keeps_hierarchy ? below : 0,
                     .levels_above = keeps_hierarchy ? above : 0};
}

Result<model::SpanColumnsPtr> FilterTrace(const TraceFilter& filter, model::SpanColumnsPtr trace,
                                          const query::QueryContext& context) {
  const model::StopCheck check = [&context] { return context.Check(); };
  query::PassingMemory passing(context);
  TRY(passing.Take(kBytesPerSpan * trace->span_count()));
  ASSIGN_OR_RETURN(const Rows rows, RowsOf(filter, *trace, check));
  if (rows.size() == trace->span_count()) return trace;
  const std::uint64_t bytes = model::MemoryOf(*trace);
  // The whole and the part are there together for a while.
  TRY(passing.Take(bytes));
  ASSIGN_OR_RETURN(model::SpanColumns part, model::SelectSpans(*trace, rows, check));
  TRY(model::TextOwner().Own(&part, check));
  trace.reset();
  const std::uint64_t part_bytes = rows.empty() ? 0 : model::MemoryOf(part);
  if (part_bytes > bytes) TRY(context.TakeMemory(part_bytes - bytes));
  if (part_bytes < bytes && context.memory != nullptr) {
    context.memory->GiveBack(bytes - part_bytes);
  }
  if (rows.empty()) return model::SpanColumnsPtr();
  return std::make_shared<const model::SpanColumns>(std::move(part));
}

}  // namespace clew::api::tempo

#include "query/store_query.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "query/dependencies.h"
#include "query/found_traces.h"
#include "query/match_traces.h"
#include "query/measure_spans.h"
#include "query/name_lists.h"
#include "query/named_traces.h"
#include "query/scan.h"
#include "query/search.h"

namespace clew::query {

using scan::SpanSourcePtr;

namespace {

// Places of the operators of a plan without branches; see QueryStats.
constexpr std::size_t kFirst = 0;
constexpr std::size_t kSecond = 1;

// Those that are not shown for what they were found by are made up for by the next ones.
Status RunSearch(const Scan& scan, const ScanSpans& spans, std::size_t limit,
                 std::uint64_t bytes_max, std::size_t more_looked_at_max, Sink& sink) {
  FoundTraces found(scan, spans, limit, bytes_max, sink);
  const std::size_t looked_at_max = limit + more_looked_at_max;
  for (std::size_t wider = limit;;) {
    ASSIGN_OR_RETURN(std::vector<TraceId> ids, FindTraceIds(scan, spans, wider, kSecond));
    const bool is_all = ids.size() < wider;
    const bool is_too_many = ids.size() > looked_at_max;
    if (is_too_many) ids.resize(looked_at_max);
    {
      const OperatorWork work(scan, kFirst);
      TRY(found.Read(std::move(ids)));
    }
    scan.stats.At(kFirst).rows = found.count();
    if (is_all || found.IsEnough()) break;
    if (is_too_many) {
      if (scan.context.left_out != nullptr) {
        scan.context.left_out->Add(fmt::format(
            "of the traces found only {} were looked at: most of them were found by the unfinished "
            "form of a span, which has been replaced",
            looked_at_max));
      }
      break;
    }
    // One more than are looked at tells whether there are more.
    wider = std::min(2 * wider, looked_at_max + 1);
  }
  return found.Finish();
}

}  // namespace

Result<PlanInputs> StoreQuery::InputsOf(const Plan& plan, const QueryContext& context,
                                        const std::shared_ptr<scan::ReadTotals>& reads,
                                        const std::shared_ptr<DamageNotes>& notes) const {
  if (!storage_.is_ready()) {
    Error error{Code::kUnavailable, "the log is still being replayed: ask again in a moment"};
    error.retry_after = std::chrono::seconds(1);
    return std::unexpected(std::move(error));
  }
  PlanInputs inputs;
  std::vector<SpanSourcePtr>& sources = inputs.sources;
  for (const TenantId& tenant : std::set(context.tenants.begin(), context.tenants.end())) {
    if (context.left_out != nullptr) {
      std::uint64_t unnamed_count = 0;
      for (std::string& text : storage_.LeftOut(tenant, &unnamed_count)) {
        context.left_out->Add(std::move(text));
      }
      context.left_out->AddUnnamed(unnamed_count);
    }
    ASSIGN_OR_RETURN(std::vector<SpanSourcePtr> of_tenant,
                     SourcesOf(storage_, tenant, plan, context, inputs));
    std::ranges::move(of_tenant, std::back_inserter(sources));
  }
  // The sources of a store keep their blocks.
  using Kept = std::pair<SpanSourcePtr, SpanSourcePtr>;
  for (std::size_t place = 0; place < sources.size(); ++place) {
    SpanSourcePtr& source = sources[place];
    // What it is called by keeps its source.
    const auto report = [this, notes, place, &part = *source](const Error& error) {
      storage_.ReportUnreadable(part.block(), error);
      notes->Add(place, error.message);
    };
    scan::Reader reader{.report = report, .check = [&context] { return context.Check(); }};
    if (reads != nullptr) reader.counts = std::make_shared<scan::ReadCounts>(reads);
    const auto kept = std::make_shared<Kept>(source, source->PastDamage(std::move(reader)));
    source = SpanSourcePtr(kept, kept->second.get());
  }
  return inputs;
}

Status StoreQuery::Run(const Plan& plan, const QueryContext& asked, Sink& sink) {
  QueryContext context = asked;
  context.passes = context.passes.And(PassesOf(plan));
  QueryStats own_stats;
  QueryStats& stats = context.stats == nullptr ? own_stats : *context.stats;
  stats.operators.assign(OperatorCount(plan), {});
  TRY(Check(plan));
  const auto reads = context.stats == nullptr ? nullptr : std::make_shared<scan::ReadTotals>();
  const auto notes = std::make_shared<DamageNotes>(context.left_out);
  ASSIGN_OR_RETURN(PlanInputs inputs, InputsOf(plan, context, reads, notes));
  const Scan scan{storage_,    context,           inputs.sources, stats,        reads.get(),
                  notes.get(), inputs.operations, inputs.tags,    inputs.stored};
  const Status status = Run(plan, scan, inputs, sink);
  if (reads != nullptr) {
    for (std::size_t i = 0; i < std::min(stats.operators.size(), reads->steps.size()); ++i) {
      const scan::ReadTotals::Step& step = reads->steps[i];
      OperatorStats& of_operator = stats.operators[i];
      of_operator.pages_read = step.pages;
      of_operator.bytes_read = step.bytes;
      of_operator.pages_out_of_range = step.pages_out_of_range;
      // One may be read again.
      of_operator.pages_skipped =
          step.pages_there - std::min(step.pages_there.load(), step.pages.load());
    }
  }
  return status;
}

Status StoreQuery::Run(const Plan& plan, const Scan& scan, PlanInputs& inputs, Sink& sink) {
  if (const auto* const join = std::get_if<JoinFragments>(&plan.op)) {
    const auto* const ids = plan.Input<NamedTraces>();
    if (ids != nullptr) return RunNamedTraces(scan, *join, *ids, kFirst, answer_bytes_max_, sink);
    const auto* const newest = plan.Input<NewestTraces>();
    const auto* const spans = newest == nullptr ? nullptr : plan.inputs[0].Input<ScanSpans>();
    if (spans != nullptr && join->leaves_out) {
      return RunSearch(scan, *spans, newest->limit, answer_bytes_max_, more_looked_at_max_, sink);
    }
  } else if (const auto* const match = std::get_if<MatchTraces>(&plan.op)) {
    if (const auto* const spans = plan.Input<ScanSpans>()) {
      return RunMatchTraces(scan, *match, *spans, kFirst, answer_bytes_max_, search_traces_max_,
                            sink);
    }
  } else if (const auto* const measure = std::get_if<MeasureSpans>(&plan.op)) {
    return RunMeasureSpans(scan, *measure, plan, answer_bytes_max_, known_repeats_, sink);
  } else if (std::holds_alternative<ListServices>(plan.op)) {
    const auto* const count = plan.Input<CountOperations>();
    if (count != nullptr) return RunListServices(scan, *count, kFirst, sink);
  } else if (const auto* const list = std::get_if<ListOperations>(&plan.op)) {
    const auto* const count = plan.Input<CountOperations>();
    if (count != nullptr) return RunListOperations(scan, *list, *count, kFirst, sink);
  } else if (const auto* const tags = std::get_if<ListTags>(&plan.op)) {
    const auto* const read = plan.Input<ReadTags>();
    if (read != nullptr) return RunListTags(scan, *tags, *read, kFirst, sink);
  } else if (const auto* const values = std::get_if<ListTagValues>(&plan.op)) {
    const auto* const read = plan.Input<ReadTagValues>();
    if (read != nullptr) {
      // Nobody is asked for: there are no tenants.
      TagValueCounts none(scan.context);
      TagValueCounts& found = inputs.tag_values != nullptr ? *inputs.tag_values : none;
      return RunListTagValues(scan, *values, *read, found, kFirst, sink);
    }
  } else if (std::holds_alternative<CountCalls>(plan.op)) {
    const auto* const trees = plan.Input<ReadTrees>();
    if (trees != nullptr) return RunCountCalls(scan, *trees, kFirst, answer_bytes_max_, sink);
  }
  return base::InvalidArgument("there is no way to run this plan:\n{}", Explain(plan, nullptr));
}

}  // namespace clew::query

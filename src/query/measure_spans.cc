#include "query/measure_spans.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <iterator>
#include <memory>
#include <optional>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/for_each.h"
#include "expr/or_arrays.h"
#include "query/collectors.h"
#include "query/match.h"
#include "query/repeated_traces.h"
#include "query/source_comparison.h"
#include "query/source_points.h"
#include "query/visit_whole.h"
#include "query/whole_trace.h"
#include "scan/filter_question.h"
#include "traceql/metrics/metrics_program.h"

namespace clew::query {
namespace {

using traceql::metrics::Answer;
using traceql::metrics::AttributeCounts;
using traceql::metrics::Collector;
using traceql::metrics::CollectorLimits;
using traceql::metrics::MetricsProgram;

// Of the operator and of its first input in QueryStats.
constexpr std::size_t kPlace = 0;
constexpr std::size_t kFirstInput = 1;

// Sources of which some are read at the same time, and the memory of the series is looked at when
// all have been.
constexpr std::size_t kSourcesOfLot = 64;
// Traces that are read together, as they share what is read.
constexpr std::size_t kTracesOfLot = 1000;
// Traces that one thread evaluates.
constexpr std::size_t kTracesOfPart = 32;
// Of a candidate, in a set of ids and a list.
constexpr std::uint64_t kCandidateBytes = 64 + 2 * sizeof(TraceId);
// Of all that answers may take the series of one take at most such a part; they are there once a
// thread, once merged and once in the answer.
constexpr std::uint64_t kSeriesPartOfAnswers = 8;

CollectorLimits LimitsOf(const MeasureSpans& measure, const QueryContext& context) {
  CollectorLimits limits{.exemplars = measure.exemplars};
  const std::uint64_t all = context.memory == nullptr ? 0 : context.memory->limit();
  if (all != 0) limits.bytes_max = std::min(limits.bytes_max, all / kSeriesPartOfAnswers);
  return limits;
}

std::uint64_t BytesOf(const Answer& answer) {
  constexpr std::uint64_t kLabelBytes = sizeof(model::KeyValue) + 64;
  std::uint64_t bytes = 0;
  for (const traceql::metrics::Series& series : answer.series) {
    bytes += sizeof(series) + series.labels.size() * kLabelBytes +
             series.samples.size() * sizeof(series.samples[0]);
    for (const auto& exemplar : series.exemplars) {
      bytes += sizeof(exemplar) + exemplar.labels.size() * kLabelBytes;
    }
  }
  return bytes;
}

// One question.
class Measuring {
 public:
  Measuring(const Scan& scan, const MeasureSpans& measure, std::span<const ScanSpans> operands,
            std::uint64_t bytes_max)
      : scan_(scan),
        program_(*measure.program),
        operands_(operands),
        bytes_max_(bytes_max),
        collectors_(program_, measure.range, LimitsOf(measure, scan.context)),
        series_memory_(scan.context) {}

  // Of operands that a scan suffices for.
  Status AddScanned(KnownRepeats& known) {
    std::vector<bool> is_scanned(operands_.size());
    std::vector<bool> is_met(scan_.sources.size());
    bool is_spread_asked = false;
    for (std::size_t i = 0; i < operands_.size(); ++i) {
      const auto& operand = program_.operands()[i];
      if (!operand.scan()) continue;
      is_scanned[i] = true;
      is_spread_asked |= operand.comparison().has_value();
      for (std::size_t place = 0; place < scan_.sources.size(); ++place) {
        // Also sources without a span that is counted: what is the same elsewhere may be it.
        const ScanSpans in_time{.start_min = operands_[i].start_min,
                                .start_max = operands_[i].start_max};
        const bool is_away =
            IsSkippedByStatistics() && CanSkip(scan_.sources[place]->stats(), in_time);
        if (!is_away) is_met[place] = true;
      }
    }
    std::vector<std::size_t> places;
    for (std::size_t place = 0; place < is_met.size(); ++place) {
      if (is_met[place]) places.push_back(place);
    }
    if (places.empty()) return {};
    RepeatedTraces repeated;
    {
      const OperatorWork work(scan_, kPlace);
      ASSIGN_OR_RETURN(repeated, FindRepeated(scan_, places, known, is_spread_asked));
    }
    for (std::size_t i = 0; i < operands_.size(); ++i) {
      if (!is_scanned[i]) continue;
      TRY(ScanOperand(i, places, repeated));
    }
    const OperatorWork work(scan_, kPlace);
    return AddWhole(repeated.All(), is_scanned);
  }

  // Of the others.
  Status AddMatched() {
    std::vector<bool> is_matched(operands_.size());
    for (std::size_t i = 0; i < operands_.size(); ++i) {
      is_matched[i] = !program_.operands()[i].scan();
    }
    if (std::ranges::none_of(is_matched, std::identity())) return {};
    std::unordered_set<TraceId> seen;
    PassingMemory memory(scan_.context);
    std::vector<std::size_t> places;
    for (std::size_t place = 0; place < scan_.sources.size(); ++place) places.push_back(place);
    return ForEachLot(places, [&](std::span<const std::size_t> lot) -> Status {
      std::vector<TraceId> found;
      TRY(FindCandidates(lot, is_matched, &seen, &memory, &found));
      const OperatorWork work(scan_, kPlace);
      return AddWhole(found, is_matched);
    });
  }

  Result<MetricsAnswerPtr> Finish(std::size_t series_max) {
    const OperatorWork work(scan_, kPlace);
    ASSIGN_OR_RETURN(const Collector* const all, collectors_.Merge());
    TRY(CountSeries());
    ASSIGN_OR_RETURN(Answer answer, all->Finish(series_max));
    TRY(scan_.context.TakeMemory(BytesOf(answer)));
    scan_.stats.At(kPlace).rows = answer.series.size();
    return std::make_shared<const Answer>(std::move(answer));
  }

 private:
  template <typename Visit>
  Status ForEachLot(std::span<const std::size_t> places, const Visit& visit) {
    while (!places.empty()) {
      TRY(scan_.Check());
      const auto lot = places.first(std::min(places.size(), kSourcesOfLot));
      TRY(visit(lot));
      TRY(CountSeries());
      places = places.subspan(lot.size());
    }
    return {};
  }

  // What the series take so far is taken from the context.
  Status CountSeries() {
    const std::uint64_t bytes = collectors_.memory_bytes();
    if (bytes > series_memory_.bytes()) TRY(series_memory_.Take(bytes - series_memory_.bytes()));
    return {};
  }

  // Memory for what several threads do at the same time: of each `bytes_of` its source.
  template <typename BytesOf>
  Status TakeForThreads(std::span<const std::size_t> lot, const BytesOf& bytes_of,
                        PassingMemory* memory) const {
    std::uint64_t largest = 0;
    for (const std::size_t place : lot) largest = std::max(largest, bytes_of(place));
    return memory->Take(largest * std::min(base::CountAtOnce(scan_.context.helpers), lot.size()));
  }

  // Calls read(place) for the sources of a lot that the operand may have spans in, and tells what
  // came of each.
  template <typename T, typename Read>
  std::vector<Result<T>> ReadLot(std::span<const std::size_t> lot, const Read& read) const {
    std::vector<Result<T>> all(lot.size());
    const DamageNotes::Keeping keeping(scan_.notes);
    base::ForEach(scan_.context.helpers, lot.size(), [&](std::size_t i) { all[i] = read(lot[i]); });
    return all;
  }

  // An error of a source is noted; of the question, and of memory, it is the answer.
  Status Settle(std::size_t place, const Error& error) const {
    if (error.code == Code::kResourceExhausted) return std::unexpected(error);
    return scan_.Tolerate(*scan_.sources[place], error);
  }

  bool IsSkippedByStatistics() const { return scan_.context.passes.Has(Pass::kSkipByStatistics); }

  bool MayHold(std::size_t place, const ScanSpans& spans, const scan::FilterQuestion& question) {
    const scan::SpanSource& source = *scan_.sources[place];
    return !(IsSkippedByStatistics() && CanSkip(source.stats(), spans)) &&
           (!scan_.context.passes.Has(Pass::kSkipByFilters) || source.MayHold(question));
  }

  Status ScanOperand(std::size_t number, std::span<const std::size_t> places,
                     const RepeatedTraces& repeated) {
    const OperatorWork work(scan_, kFirstInput + number);
    OperatorStats& stats = scan_.stats.At(kFirstInput + number);
    ScanSpans odd = operands_[number];
    odd.condition =
        expr::AskedOdd(expr::And({odd.condition, program_.operands()[number].scan()->selection}));
    const ScannedOperand operand{program_.operands()[number], number, operands_[number], odd};
    ScanSpans either = operand.spans;
    either.condition = expr::OrArrays(either.condition);
    const scan::FilterQuestion question(either.condition);
    std::vector<std::size_t> left;
    std::vector<std::size_t> among(scan_.sources.size());
    for (std::size_t i = 0; i < places.size(); ++i) {
      among[places[i]] = i;
      if (MayHold(places[i], either, question)) left.push_back(places[i]);
    }
    stats.row_groups_skipped += scan_.sources.size() - left.size();
    const auto of_source = [&](std::size_t place) -> std::span<const TraceId> {
      return *repeated.of_sources[among[place]];
    };
    if (!operand.operand.comparison()) {
      return AddLots<std::uint64_t>(
          left, number, [&](const auto& source) { return SourceBytes(source, operand); },
          [&](std::size_t place, Collector* collector) {
            return AddSource(*scan_.sources[place], operand, of_source(place), collector);
          },
          [&](std::size_t, std::uint64_t count) -> Status {
            stats.rows += count;
            return {};
          });
    }
    ASSIGN_OR_RETURN(const std::vector<TraceId> whole,
                     WholeOfCompared(left, operand, repeated.All()));
    AwayRoots roots(scan_.context);
    TRY(AddLots<ComparedSource>(
        left, number, ComparedBytes,
        [&](std::size_t place, Collector* collector) {
          std::vector<TraceId> left_out;
          std::ranges::set_union(of_source(place), whole, std::back_inserter(left_out));
          return AddCompared(*scan_.sources[place], operand, left_out,
                             *repeated.spread[among[place]], collector);
        },
        [&](std::size_t place, ComparedSource added) {
          stats.rows += added.span_count;
          return roots.Add(place, std::move(added.roots));
        }));
    const Status counted = collectors_.With(
        [&](Collector* collector) { return CountRoots(operand, &roots, collector); });
    TRY(counted);
    std::vector<bool> is_asked(operands_.size());
    is_asked[number] = true;
    return AddWhole(whole, is_asked);
  }

  // Of spans whose roots lie in other sources; whole traces know those that lie where no span is
  // counted.
  Status CountRoots(const ScannedOperand& operand, AwayRoots* roots, Collector* collector) {
    AttributeCounts& counts = collector->counts(operand.number);
    TRY(roots->Count(scan_, *operand.operand.comparison(), &counts));
    const model::StopCheck check = [this] { return scan_.Check(); };
    return VisitLots(roots->Rootless(),
                     [&](const std::vector<model::SpanColumnsPtr>& traces) -> Status {
                       for (const model::SpanColumnsPtr& trace : traces) {
                         TRY(roots->CountWhole(operand.operand, *trace, check, &counts));
                       }
                       return {};
                     });
  }

  // Traces that are not `repeated`, and of which columns do not tell how they are compared.
  Result<std::vector<TraceId>> WholeOfCompared(std::span<const std::size_t> places,
                                               const ScannedOperand& operand,
                                               const std::vector<TraceId>& repeated) {
    std::vector<TraceId> whole;
    for (const std::size_t place : places) {
      TRY(scan_.Check());
      const auto found = ComparedWhole(*scan_.sources[place], operand);
      if (found) {
        whole.insert(whole.end(), found->begin(), found->end());
      } else {
        TRY(Settle(place, found.error()));
      }
    }
    MakeSet(&whole);
    std::erase_if(
        whole, [&repeated](const TraceId& id) { return std::ranges::binary_search(repeated, id); });
    return whole;
  }

  // Calls add(place, collector) for sources, some at the same time, and take(place, what that gave)
  // for each in order; `bytes_of` its source says how much memory the first one takes.
  template <typename T, typename BytesOf, typename Add, typename TakeResult>
  Status AddLots(std::span<const std::size_t> places, std::size_t number, const BytesOf& bytes_of,
                 const Add& add, const TakeResult& take) {
    OperatorStats& stats = scan_.stats.At(kFirstInput + number);
    return ForEachLot(places, [&](std::span<const std::size_t> lot) -> Status {
      PassingMemory memory(scan_.context);
      TRY(TakeForThreads(
          lot, [&](std::size_t place) { return bytes_of(*scan_.sources[place]); }, &memory));
      auto added = ReadLot<T>(lot, [&](std::size_t place) {
        return collectors_.With([&](Collector* collector) { return add(place, collector); });
      });
      for (std::size_t i = 0; i < lot.size(); ++i) {
        scan_.Tell(lot[i]);
        ++stats.row_groups_read;
        stats.spans_scanned += scan_.sources[lot[i]]->stats().span_count;
        if (added[i]) {
          TRY(take(lot[i], *std::move(added[i])));
        } else {
          TRY(Settle(lot[i], added[i].error()));
        }
      }
      return {};
    });
  }

  // The traces of a lot that may matter to one of these operands, and were not seen before, in the
  // order of the sources: those of one lie beside each other, which makes them quick to read.
  Status FindCandidates(std::span<const std::size_t> lot, const std::vector<bool>& is_asked,
                        std::unordered_set<TraceId>* seen, PassingMemory* memory,
                        std::vector<TraceId>* found) {
    for (std::size_t number = 0; number < operands_.size(); ++number) {
      if (!is_asked[number]) continue;
      const ScanSpans& spans = operands_[number];
      const OperatorWork work(scan_, kFirstInput + number);
      OperatorStats& stats = scan_.stats.At(kFirstInput + number);
      const scan::FilterQuestion question(spans.condition);
      std::vector<std::size_t> left;
      for (const std::size_t place : lot) {
        if (MayHold(place, spans, question)) left.push_back(place);
      }
      stats.row_groups_skipped += lot.size() - left.size();
      const auto read = ReadLot<std::vector<TraceId>>(
          left, [&](std::size_t at) { return TracesOf(*scan_.sources[at], spans); });
      for (std::size_t i = 0; i < left.size(); ++i) {
        scan_.Tell(left[i]);
        ++stats.row_groups_read;
        stats.spans_scanned += scan_.sources[left[i]]->stats().span_count;
        if (!read[i]) {
          TRY(Settle(left[i], read[i].error()));
          continue;
        }
        stats.rows += read[i]->size();
        const std::size_t count_before = found->size();
        for (const TraceId& id : *read[i]) {
          if (!id.is_zero() && seen->insert(id).second) found->push_back(id);
        }
        TRY(memory->Take((found->size() - count_before) * kCandidateBytes));
      }
    }
    return {};
  }

  // Of the spans that match, where those of a trace are neighbours once.
  static Result<std::vector<TraceId>> TracesOf(const scan::SpanSource& source,
                                               const ScanSpans& spans) {
    ASSIGN_OR_RETURN(const scan::RowSet matching, MatchSpans(source, spans));
    if (matching.empty()) return std::vector<TraceId>();
    ASSIGN_OR_RETURN(std::vector<TraceId> ids, source.TraceIds(matching.Rows()));
    const auto repeats = std::ranges::unique(ids);
    ids.erase(repeats.begin(), repeats.end());
    return ids;
  }

  Status AddWhole(std::span<const TraceId> ids, const std::vector<bool>& is_asked) {
    return VisitLots(ids, [&](const std::vector<model::SpanColumnsPtr>& traces) {
      return AddTraces(traces, is_asked);
    });
  }

  // Calls visit(traces), whole, for some at a time.
  template <typename Visit>
  Status VisitLots(std::span<const TraceId> ids, const Visit& visit) {
    while (!ids.empty()) {
      const auto lot = ids.first(std::min(ids.size(), kTracesOfLot));
      ids = ids.subspan(lot.size());
      TRY(VisitWhole(scan_, ReadWholeTraces, lot, bytes_max_, visit,
                     [this](const TraceId& id, const Error& error) { NoteTooLarge(id, error); }));
      TRY(CountSeries());
    }
    return {};
  }

  Status AddTraces(std::span<const model::SpanColumnsPtr> traces,
                   const std::vector<bool>& is_asked) {
    const model::StopCheck check = [this] { return scan_.Check(); };
    const std::size_t part_count = (traces.size() + kTracesOfPart - 1) / kTracesOfPart;
    std::vector<Status> added(part_count);
    base::ForEach(scan_.context.helpers, part_count, [&](std::size_t part) {
      const auto some = traces.subspan(
          part * kTracesOfPart, std::min(kTracesOfPart, traces.size() - part * kTracesOfPart));
      added[part] = collectors_.With([&](Collector* collector) -> Status {
        for (const model::SpanColumnsPtr& trace : some) {
          TRY(check());
          TRY(collector->AddTrace(*trace, check, is_asked));
        }
        return {};
      });
    });
    for (const Status& status : added) TRY(status);
    return {};
  }

  void NoteTooLarge(const TraceId& id, const Error& error) const {
    if (scan_.context.left_out == nullptr) return;
    scan_.context.left_out->Add(
        fmt::format("trace {} is not counted: {}", id.ToHex(), error.message));
  }

  const Scan& scan_;
  const MetricsProgram& program_;
  const std::span<const ScanSpans> operands_;
  const std::uint64_t bytes_max_;
  Collectors collectors_;
  PassingMemory series_memory_;
};

}  // namespace

Status RunMeasureSpans(const Scan& scan, const MeasureSpans& measure, const Plan& plan,
                       std::uint64_t bytes_max, KnownRepeats& known, Sink& sink) {
  std::vector<ScanSpans> scans;
  for (const Plan& operand : plan.inputs) {
    const auto* const spans = std::get_if<ScanSpans>(&operand.op);
    if (spans != nullptr) scans.push_back(*spans);
  }
  if (scans.size() != measure.program->operands().size()) {
    return base::InvalidArgument("there are {} scans for {} operands", scans.size(),
                                 measure.program->operands().size());
  }
  Measuring measuring(scan, measure, scans, bytes_max);
  TRY(measuring.AddScanned(known));
  TRY(measuring.AddMatched());
  ASSIGN_OR_RETURN(MetricsAnswerPtr answer, measuring.Finish(measure.series_max));
  return sink.Take(std::move(answer));
}

}  // namespace clew::query

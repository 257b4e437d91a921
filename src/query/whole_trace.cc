#include "query/whole_trace.h"

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <unordered_map>
#include <utility>

#include "base/for_each.h"
#include "model/same_spans.h"
#include "model/select_rows.h"
#include "model/span_mover.h"
#include "query/match.h"
#include "scan/batch_source.h"
#include "wire/otlp/materialize.h"
#include "wire/otlp/scatter_objects.h"

namespace clew::query {

namespace {

// Traces that come in fragments.
class TraceJoiner {
 public:
  TraceJoiner(const Scan& scan, std::span<const TraceId> ids, AnswerBudget& budget)
      : scan_(scan),
        ids_(ids.begin(), ids.end()),
        traces_(ids.size()),
        takes_(ids.size()),
        budget_(budget) {
    for (std::size_t i = 0; i < ids.size(); ++i) places_[ids[i]] = i;
  }

  bool IsLeftOut(const TraceId& id) const { return takes_[places_.at(id)].is_left_out; }

  using Fragment = Result<model::SpanColumnsPtr>;

  // The spans of `source` that are of these traces of this, which ascend; none is left out. What
  // was read of it, and others that wait for their turn, can be let go of.
  Status Add(const scan::SpanSource& source, std::span<const TraceId> ids, scan::ReadExtent extent,
             std::optional<Fragment> read, const std::function<void()>& let_go) {
    if (!read) read = source.ReadTraces(ids, extent);
    ASSIGN_OR_RETURN(model::SpanColumnsPtr fragment, Settled(source, *std::move(read)));
    read.reset();
    if (fragment == nullptr) return {};
    const std::uint64_t bytes = wire::otlp::MaterializedBytes(*fragment);
    const Status taken = TakeMemory(bytes, [&] {
      fragment.reset();
      let_go();
    });
    if (!taken && fragment != nullptr) return AddParts(*fragment, bytes, taken.error());
    TRY(taken);
    // Let go of while this waited.
    if (fragment == nullptr) {
      ASSIGN_OR_RETURN(fragment, Settled(source, source.ReadTraces(ids, extent)));
    }
    if (fragment == nullptr) {
      GiveBackMemory(bytes);
      return {};
    }
    return AddCounted(*fragment);
  }

  std::vector<model::TraceData> Take() {
    std::erase_if(traces_, [](const model::TraceData& trace) { return trace.spans.empty(); });
    return std::move(traces_);
  }

  // What is shown of each trace. With `wanted` those go that it found by the unfinished form of a
  // span only of which the finished one is there.
  Result<std::vector<model::TraceData>> Settle(const ScanSpans* wanted) {
    for (std::size_t place = 0; place < traces_.size(); ++place) {
      TRY(scan_.Check());
      if (traces_[place].spans.empty()) continue;
      const Result<bool> is_shown = SettleOne(place, wanted);
      if (is_shown.has_value()) {
        if (!*is_shown) GiveBack(place);
      } else if (MayLeaveOut(is_shown.error())) {
        LeaveOut(place, is_shown.error());
      } else {
        return std::unexpected(is_shown.error());
      }
    }
    return Take();
  }

 private:
  // What a trace takes of the answer.
  struct Taken {
    std::uint64_t bytes = 0;
    bool is_left_out = false;
  };

  // Null when there is nothing, or nothing that can be read, which is noted.
  Fragment Settled(const scan::SpanSource& source, Fragment fragment) const {
    if (fragment.has_value()) return *std::move(fragment);
    TRY(scan_.Tolerate(source, fragment.error()));
    return nullptr;
  }

  // A part of what is read of a source.
  Status AddPart(const model::SpanColumns& fragment) {
    const std::uint64_t bytes = wire::otlp::MaterializedBytes(fragment);
    if (const Status taken = TakeMemory(bytes); !taken) {
      return AddParts(fragment, bytes, taken.error());
    }
    return AddCounted(fragment);
  }

  // Of which the memory is taken.
  Status AddCounted(const model::SpanColumns& fragment) {
    ASSIGN_OR_RETURN(model::TraceData spans,
                     wire::otlp::MaterializeSpans(fragment, [this] { return scan_.Check(); }));
    return Move(std::move(spans));
  }

  // What is too large for the memory there is goes on in halves, down to one trace.
  Status AddParts(const model::SpanColumns& fragment, std::uint64_t bytes, const Error& error) {
    if (!MayLeaveOut(error)) return std::unexpected(error);
    TRY(scan_.Check());
    std::vector<TraceId> ids(fragment.trace_ids.begin(), fragment.trace_ids.end());
    std::ranges::sort(ids);
    const TraceId middle = ids[ids.size() / 2];
    if (ids.front() == ids.back()) {
      LeaveOutLargest(places_.at(middle), bytes, error);
      return IsLeftOut(middle) ? Status() : AddPart(fragment);
    }
    const TraceId first_of_second =
        ids.front() == middle ? *std::ranges::upper_bound(ids, middle) : middle;
    for (const bool is_second : {false, true}) {
      std::vector<std::uint32_t> rows;
      for (std::uint32_t row = 0; row < fragment.span_count(); ++row) {
        const TraceId& id = fragment.trace_ids[row];
        if ((id < first_of_second) != is_second && !IsLeftOut(id)) rows.push_back(row);
      }
      if (!rows.empty()) TRY(AddPart(model::SelectSpans(fragment, rows)));
    }
    return {};
  }

  Status Move(model::TraceData fragment) {
    // A row of the fragment's tables becomes a row of each trace that uses it.
    std::unordered_map<std::size_t, model::SpanMover> movers;
    for (model::Span& span : fragment.spans) {
      const std::size_t place = places_.at(span.trace_id);
      if (takes_[place].is_left_out) continue;
      model::SpanMover& mover = movers.try_emplace(place, fragment, traces_[place]).first->second;
      TRY(MakeRoom(place, model::MemoryOf(span), mover.CopiedBytes(span)));
      if (!takes_[place].is_left_out) mover.Move(std::move(span));
    }
    return {};
  }

  // For so many bytes of a span that exists, and of what is copied for it; or leaves its trace out.
  Status MakeRoom(std::size_t place, std::uint64_t span_bytes, std::uint64_t copied_bytes) {
    const std::uint64_t bytes = span_bytes + copied_bytes;
    while (!takes_[place].is_left_out) {
      Status taken = CheckSize(bytes);
      if (taken && copied_bytes > 0) taken = TakeMemory(copied_bytes);
      if (taken) {
        budget_.bytes += bytes;
        takes_[place].bytes += bytes;
        return {};
      }
      if (!MayLeaveOut(taken.error())) return taken;
      LeaveOutLargest(place, bytes, taken.error());
    }
    return {};
  }

  Status CheckSize(std::uint64_t more_bytes) const {
    if (budget_.bytes + more_bytes <= budget_.bytes_max) return {};
    return base::MakeError(
        Code::kResourceExhausted,
        "the spans of the answer take more than {} MiB of memory: ask for fewer traces or a "
        "shorter time, or raise answer_limit_mib of clew_storage",
        budget_.bytes_max >> 20);
  }

  Status TakeMemory(std::uint64_t bytes, const std::function<void()>& before_waiting = {}) {
    TRY(scan_.context.TakeMemory(bytes, before_waiting));
    budget_.memory_bytes += bytes;
    return {};
  }

  void GiveBackMemory(std::uint64_t bytes) {
    budget_.memory_bytes -= bytes;
    if (scan_.context.memory != nullptr) scan_.context.memory->GiveBack(bytes);
  }

  bool MayLeaveOut(const Error& error) const {
    return budget_.leaves_out && error.code == Code::kResourceExhausted;
  }

  // The trace at `place` would take so much more, and `error` says why it cannot. The largest is
  // the one that is in the way of the others; of equal ones the last.
  void LeaveOutLargest(std::size_t place, std::uint64_t more_bytes, const Error& error) {
    const auto size = [&](std::size_t i) {
      return takes_[i].bytes + (i == place ? more_bytes : 0);
    };
    std::size_t largest = place;
    for (std::size_t i = 0; i < takes_.size(); ++i) {
      if (size(i) > size(largest) || (size(i) == size(largest) && i > largest)) largest = i;
    }
    LeaveOut(largest, error);
  }

  // False when it is not shown.
  Result<bool> SettleOne(std::size_t place, const ScanSpans* wanted) {
    model::TraceData& trace = traces_[place];
    bool repeats_ids = false;
    {
      PassingMemory memory(scan_.context);
      TRY(memory.Take(model::CompareBytes(trace, /*repeats_ids=*/false)));
      repeats_ids = model::RepeatsSpanIds(trace);
    }
    bool is_any_replaced = false;
    {
      PassingMemory memory(scan_.context);
      TRY(memory.Take(model::CompareBytes(trace, repeats_ids)));
      is_any_replaced = model::DropDuplicateSpans(&trace);
      model::SortSpans(&trace);
    }
    {
      PassingMemory memory(scan_.context);
      TRY(memory.Take(model::JoinBytes(trace)));
      model::JoinEqualRows(&trace);
    }
    return is_any_replaced && wanted != nullptr ? IsFound(place, *wanted) : true;
  }

  // An expression is about single spans: asked of some at a time, a large trace is not twice there.
  Result<bool> IsFound(std::size_t place, const ScanSpans& wanted) {
    constexpr std::uint64_t kBytesAtOnce = 256u << 10;
    const model::TraceData& trace = traces_[place];
    for (std::size_t next = 0; next < trace.spans.size();) {
      PassingMemory memory(scan_.context);
      model::TraceData part;
      model::SpanMover mover(trace, part);
      std::uint64_t bytes = 0;
      for (; next < trace.spans.size() && bytes < kBytesAtOnce; ++next) {
        const model::Span& span = trace.spans[next];
        const std::uint64_t more_bytes = model::MemoryOf(span) + mover.CopiedBytes(span);
        // As objects, and as columns.
        TRY(memory.Take(2 * more_bytes));
        bytes += more_bytes;
        mover.Move(span);
      }
      const scan::BatchSource columns(
          std::make_shared<const model::SpanColumns>(wire::otlp::ScatterSpans(part)));
      const auto source = columns.PastDamage(
          {.report = [](const Error&) {}, .check = [this] { return scan_.Check(); }});
      ASSIGN_OR_RETURN(const scan::RowSet spans, MatchSpans(*source, wanted));
      if (!spans.empty()) return true;
    }
    return false;
  }

  // Of a trace that does not go on.
  void GiveBack(std::size_t place) {
    Taken& taken = takes_[place];
    traces_[place] = {};
    budget_.bytes -= taken.bytes;
    GiveBackMemory(std::min(taken.bytes, budget_.memory_bytes));
    taken.bytes = 0;
  }

  void LeaveOut(std::size_t place, const Error& error) {
    GiveBack(place);
    takes_[place].is_left_out = true;
    budget_.left_out_ids.push_back(ids_[place]);
    if (!budget_.left_out) budget_.left_out = error;
    if (scan_.context.left_out == nullptr) return;
    scan_.context.left_out->Add(
        fmt::format("trace {} is left out: {}", ids_[place].ToHex(), error.message));
  }

  const Scan& scan_;
  // By place: what the traces are, and what is there of them.
  const std::vector<TraceId> ids_;
  std::vector<model::TraceData> traces_;
  std::vector<Taken> takes_;
  std::unordered_map<TraceId, std::size_t> places_;
  AnswerBudget& budget_;
};

// The fragments of each trace in one, every span as often as it came.
Status JoinTraces(const Scan& scan, std::span<const TraceId> ids, scan::ReadExtent extent,
                  TraceJoiner& joiner) {
  std::vector<TraceId> ascending(ids.begin(), ids.end());
  std::ranges::sort(ascending);
  // So many are read at the same time, however many threads there are; of each there is one part of
  // the answer in memory that is not counted yet.
  constexpr std::size_t kSourcesAtOnce = 8;
  for (std::size_t begin = 0; begin < scan.sources.size(); begin += kSourcesAtOnce) {
    TRY(scan.Check());
    std::vector<std::optional<TraceJoiner::Fragment>> read(
        std::min(kSourcesAtOnce, scan.sources.size() - begin));
    {
      const DamageNotes::Keeping keeping(scan.notes);
      base::ForEach(scan.context.helpers, read.size(), [&](std::size_t i) {
        read[i] = scan.sources[begin + i]->ReadTraces(ascending, extent);
      });
    }
    const auto let_go = [&read] { std::ranges::fill(read, std::nullopt); };
    for (std::size_t place = begin; place < begin + read.size(); ++place) {
      scan.Tell(place);
      TRY(joiner.Add(*scan.sources[place], ascending, extent,
                     std::exchange(read[place - begin], std::nullopt), let_go));
      std::erase_if(ascending, [&](const TraceId& id) { return joiner.IsLeftOut(id); });
    }
  }
  return {};
}

}  // namespace

Result<std::vector<model::TraceData>> ReadWholeTraces(const Scan& scan,
                                                      std::span<const TraceId> ids,
                                                      AnswerBudget* budget) {
  TraceJoiner joiner(scan, ids, *budget);
  TRY(JoinTraces(scan, ids, scan::ReadExtent::kAll, joiner));
  return joiner.Settle(nullptr);
}

Result<std::vector<model::TraceData>> ReadFoundTraces(const Scan& scan,
                                                      std::span<const TraceId> ids,
                                                      const ScanSpans& wanted,
                                                      AnswerBudget* budget) {
  TraceJoiner joiner(scan, ids, *budget);
  TRY(JoinTraces(scan, ids, scan::ReadExtent::kAll, joiner));
  return joiner.Settle(&wanted);
}

Result<std::vector<model::TraceData>> ReadWholeTrees(const Scan& scan, std::span<const TraceId> ids,
                                                     AnswerBudget* budget) {
  TraceJoiner joiner(scan, ids, *budget);
  TRY(JoinTraces(scan, ids, scan::ReadExtent::kTree, joiner));
  return joiner.Take();
}

Result<std::vector<std::optional<UnixNanos>>> WholeTraceStarts(const Scan& scan,
                                                               std::span<const TraceId> ids) {
  // Many sources rule all of them out at once: some at a time, so that what they say is not much.
  constexpr std::size_t kSourcesAtOnce = 8;
  using Starts = std::vector<std::optional<UnixNanos>>;
  Starts first(ids.size());
  for (std::size_t begin = 0; begin < scan.sources.size(); begin += kSourcesAtOnce) {
    TRY(scan.Check());
    std::vector<Result<Starts>> starts(std::min(kSourcesAtOnce, scan.sources.size() - begin));
    {
      const DamageNotes::Keeping keeping(scan.notes);
      base::ForEach(scan.context.helpers, starts.size(),
                    [&](std::size_t i) { starts[i] = scan.sources[begin + i]->TraceStarts(ids); });
    }
    for (std::size_t place = begin; place < begin + starts.size(); ++place) {
      const Result<Starts>& of_source = starts[place - begin];
      scan.Tell(place);
      if (!of_source.has_value()) {
        TRY(scan.Tolerate(*scan.sources[place], of_source.error()));
        continue;
      }
      for (std::size_t i = 0; i < ids.size(); ++i) {
        const std::optional<UnixNanos>& start = (*of_source)[i];
        if (start) first[i] = std::min(first[i].value_or(*start), *start);
      }
    }
  }
  return first;
}

}  // namespace clew::query

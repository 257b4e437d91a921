#include "query/repeated_traces.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <iterator>
#include <memory>
#include <utility>
#include <vector>

#include "base/for_each.h"
#include "base/hash.h"
#include "query/source_calls.h"
#include "query/spread_traces.h"

namespace clew::query {
namespace {

using scan::SpanSource;
using TraceIds = std::vector<TraceId>;

// So many sources are read at the same time, where there is memory for them.
constexpr std::size_t kSourcesAtOnce = 8;
// Of a span's trace, in a list that grows.
constexpr std::uint64_t kListBytes = 2 * (sizeof(scan::TraceSize) + sizeof(std::size_t));

std::string_view BytesOf(const SpanId& id) {
  return {reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size()};
}

// A span of a trace that lies in several sources.
struct SpreadSpan {
  /// Of the ids of trace and span. Two that share one are looked at closer, which is no harm.
  std::uint64_t key = 0;
  std::uint32_t source = 0;
  std::uint32_t trace = 0;  // its place among the spread ones of the source
};

bool RepeatsIds(const scan::TraceTrees& trees, std::size_t trace, std::vector<SpanId>* ids) {
  const auto begin = trees.span_ids.begin();
  ids->assign(begin + trees.first_rows[trace], begin + trees.first_rows[trace + 1]);
  if (ids->size() < 2) return false;
  std::ranges::sort(*ids);
  return std::ranges::adjacent_find(*ids) != ids->end();
}

class RepeatFinder {
 public:
  RepeatFinder(const Scan& scan, std::span<const std::size_t> places, KnownRepeats& known)
      : scan_(scan),
        places_(places),
        known_(known),
        spread_(scan.context),
        memory_(scan.context),
        parts_(places.size()) {}

  Result<RepeatedTraces> Run() {
    TRY(InLots([this](std::size_t i) { return ReadTraces(i); },
               [this](std::size_t i) { return NoteTraces(i); }));
    TRY(spread_.Find(scan_.context.helpers));
    TRY(InLots([this](std::size_t i) { return ReadSpread(i); },
               [this](std::size_t i) { return AddSpread(i); }));
    return Gather();
  }

  // Every source could be read.
  bool has_all() const { return std::ranges::none_of(parts_, &Part::is_lost); }

 private:
  // What is known of a source.
  struct Part {
    KnownRepeats::TraceIdsPtr within;
    std::vector<std::size_t> hashes;
    /// Traces that other sources have, too; ascending.
    TraceIds spread;
    std::vector<SpreadSpan> spans;
    bool is_lost = false;
    /// Which spans it has of them is not known.
    bool is_damaged = false;
  };

  const SpanSource& source(std::size_t i) const { return *scan_.sources[places_[i]]; }

  // Calls read(i) for all sources that are not lost, some at the same time, and then take(i) for
  // each in order.
  Status InLots(const std::function<Status(std::size_t)>& read,
                const std::function<Status(std::size_t)>& take) {
    constexpr std::uint64_t kBytes = kListBytes + scan::kTraceTreesBytesPerSpan;
    for (std::size_t first = 0; first < places_.size();) {
      TRY(scan_.Check());
      PassingMemory memory(scan_.context);
      TRY(memory.Take(source(first).stats().span_count * kBytes));
      std::size_t end = first + 1;
      while (end < std::min(places_.size(), first + kSourcesAtOnce) &&
             memory.TryTake(source(end).stats().span_count * kBytes)) {
        ++end;
      }
      std::vector<Status> read_all(end - first);
      {
        const DamageNotes::Keeping keeping(scan_.notes);
        base::ForEach(scan_.context.helpers, read_all.size(), [&](std::size_t i) {
          if (!parts_[first + i].is_lost) read_all[i] = read(first + i);
        });
      }
      for (std::size_t i = first; i < end; ++i) {
        scan_.Tell(places_[i]);
        if (!read_all[i - first]) {
          TRY(scan_.Tolerate(source(i), read_all[i - first].error()));
          parts_[i].is_lost = true;
        }
        if (!parts_[i].is_lost) TRY(take(i));
      }
      first = end;
    }
    return {};
  }

  Status ReadTraces(std::size_t i) {
    Part& part = parts_[i];
    const scan::SpanSourcePtr& stored = scan_.stored[places_[i]];
    part.within = known_.Within(stored);
    ASSIGN_OR_RETURN(const std::vector<scan::TraceSize> traces, source(i).Traces());
    part.hashes.reserve(traces.size());
    for (const scan::TraceSize& trace : traces) part.hashes.push_back(hash_(trace.id));
    if (part.within != nullptr) return {};
    auto within = std::make_shared<TraceIds>();
    const auto is_single = [](const scan::TraceSize& trace) { return trace.span_count == 1; };
    scan::TraceTreesPtr trees;
    if (!std::ranges::all_of(traces, is_single)) {
      ASSIGN_OR_RETURN(trees, source(i).Trees(/*with_starts=*/false));
      // Damaged: which spans there are is told by whole traces.
      if (trees == nullptr) {
        for (const scan::TraceSize& trace : traces) within->push_back(trace.id);
      }
    }
    std::vector<SpanId> ids;
    for (std::size_t trace = 0; trees != nullptr && trace < trees->ids.size(); ++trace) {
      if (RepeatsIds(*trees, trace, &ids)) within->push_back(trees->ids[trace]);
    }
    std::ranges::sort(*within);
    part.within = within;
    known_.KeepWithin(stored, part.within);
    return {};
  }

  Status NoteTraces(std::size_t i) {
    return spread_.Note(static_cast<std::uint32_t>(i), std::exchange(parts_[i].hashes, {}));
  }

  Status ReadSpread(std::size_t i) {
    Part& part = parts_[i];
    ASSIGN_OR_RETURN(const std::vector<scan::TraceSize> traces, source(i).Traces());
    for (const scan::TraceSize& trace : traces) {
      if (spread_.IsSpread(hash_(trace.id))) part.spread.push_back(trace.id);
    }
    if (part.spread.empty()) return {};
    ASSIGN_OR_RETURN(const scan::TraceTreesPtr trees, source(i).Trees(/*with_starts=*/false));
    part.is_damaged = trees == nullptr;
    if (part.is_damaged) return {};
    for (std::size_t trace = 0; trace < trees->ids.size(); ++trace) {
      const auto place = std::ranges::lower_bound(part.spread, trees->ids[trace]);
      if (place == part.spread.end() || *place != trees->ids[trace]) continue;
      const std::size_t hash = hash_(*place);
      for (std::uint32_t row = trees->first_rows[trace]; row < trees->first_rows[trace + 1];
           ++row) {
        part.spans.push_back({.key = base::Hash64(BytesOf(trees->span_ids[row]), hash),
                              .source = static_cast<std::uint32_t>(i),
                              .trace = static_cast<std::uint32_t>(place - part.spread.begin())});
      }
    }
    return {};
  }

  Status AddSpread(std::size_t i) {
    Part& part = parts_[i];
    TRY(memory_.Take(part.spans.size() * 2 * sizeof(SpreadSpan) +
                     part.spread.size() * 2 * sizeof(TraceId)));
    spans_.insert(spans_.end(), part.spans.begin(), part.spans.end());
    part.spans = {};
    return {};
  }

  Result<RepeatedTraces> Gather() {
    TraceIds repeated;
    for (const Part& part : parts_) {
      if (part.within != nullptr) {
        repeated.insert(repeated.end(), part.within->begin(), part.within->end());
      }
      if (part.is_damaged) {
        repeated.insert(repeated.end(), part.spread.begin(), part.spread.end());
      }
    }
    std::ranges::sort(spans_, {}, &SpreadSpan::key);
    TRY(scan_.Check());
    for (std::size_t i = 1; i < spans_.size(); ++i) {
      if (spans_[i].key != spans_[i - 1].key) continue;
      for (const SpreadSpan& span : {spans_[i - 1], spans_[i]}) {
        repeated.push_back(parts_[span.source].spread[span.trace]);
      }
    }
    std::ranges::sort(repeated);
    const auto repeats = std::ranges::unique(repeated);
    repeated.erase(repeats.begin(), repeats.end());
    RepeatedTraces found;
    for (const Part& part : parts_) {
      TraceIds& ids = found.of_sources.emplace_back();
      if (part.is_lost) continue;
      std::ranges::set_intersection(part.spread, repeated, std::back_inserter(ids));
      ids.insert(ids.end(), part.within->begin(), part.within->end());
      std::ranges::sort(ids);
      const auto more = std::ranges::unique(ids);
      ids.erase(more.begin(), more.end());
    }
    return found;
  }

  const Scan& scan_;
  const std::span<const std::size_t> places_;
  KnownRepeats& known_;
  const TraceHash hash_;
  SpreadTraces spread_;
  PassingMemory memory_;
  std::vector<Part> parts_;
  std::vector<SpreadSpan> spans_;
};

}  // namespace

Result<RepeatedTraces> FindRepeated(const Scan& scan, std::span<const std::size_t> places,
                                    KnownRepeats& known) {
  std::vector<scan::SpanSourcePtr> stored;
  for (const std::size_t place : places) stored.push_back(scan.stored[place]);
  if (auto found = known.Among(stored)) return *std::move(found);
  RepeatFinder finder(scan, places, known);
  ASSIGN_OR_RETURN(RepeatedTraces found, finder.Run());
  if (finder.has_all()) known.KeepAmong(stored, found);
  return found;
}

}  // namespace clew::query

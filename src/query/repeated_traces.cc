#include "query/repeated_traces.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <iterator>
#include <memory>
#include <optional>
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
    TraceIdsPtr within;
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
    for (Part& part : parts_) {
      TraceIds among;
      TraceIds ids;
      if (!part.is_lost) {
        std::ranges::set_intersection(part.spread, repeated, std::back_inserter(among));
        std::ranges::set_union(among, *part.within, std::back_inserter(ids));
      }
      found.of_sources.push_back(std::make_shared<const TraceIds>(std::move(ids)));
      found.spread.push_back(std::make_shared<const TraceIds>(std::move(part.spread)));
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

bool Overlap(const scan::SourceStats& left, const scan::SourceStats& right) {
  return left.start_min <= right.start_max && right.start_min <= left.start_max;
}

TraceIds Union(const TraceIds& left, const TraceIds& right) {
  TraceIds all;
  std::ranges::set_union(left, right, std::back_inserter(all));
  return all;
}

// Those of `ids`, which ascend, that the source has.
Result<TraceIds> TracesIn(const SpanSource& source, const TraceIds& ids) {
  // So few are looked up; more are met when all are read.
  constexpr std::size_t kLookedUpMax = 1000;
  TraceIds found;
  if (ids.size() <= kLookedUpMax) {
    ASSIGN_OR_RETURN(const auto starts, source.TraceStarts(ids));
    for (std::size_t i = 0; i < ids.size(); ++i) {
      if (starts[i]) found.push_back(ids[i]);
    }
    return found;
  }
  ASSIGN_OR_RETURN(const std::vector<scan::TraceSize> traces, source.Traces());
  for (const scan::TraceSize& trace : traces) {
    if (std::ranges::binary_search(ids, trace.id)) found.push_back(trace.id);
  }
  return found;
}

// Adds to what is known of some sources what repeats them in new ones.
class MoreRepeats {
 public:
  // `places` and `known` are of the same sources; nothing is known of new ones.
  MoreRepeats(const Scan& scan, std::span<const std::size_t> places, RepeatedTraces known)
      : scan_(scan), places_(places), found_(std::move(known)) {
    for (const TraceIdsPtr& ids : found_.of_sources) is_new_.push_back(ids == nullptr);
    found_.may_be_spread_further = true;
  }

  Result<RepeatedTraces> Run(KnownRepeats& known) {
    const std::vector<std::size_t> asked = Asked();
    std::vector<std::size_t> asked_places;
    for (const std::size_t i : asked) asked_places.push_back(places_[i]);
    RepeatFinder finder(scan_, asked_places, known);
    ASSIGN_OR_RETURN(const RepeatedTraces more, finder.Run());
    has_all_ = finder.has_all();
    const auto none = std::make_shared<const TraceIds>();
    for (std::size_t i = 0; i < places_.size(); ++i) {
      if (!is_new_[i]) continue;
      found_.of_sources[i] = none;
      found_.spread[i] = none;
    }
    const TraceIds old = found_.All();
    for (std::size_t i = 0; i < asked.size(); ++i) {
      Add(*more.of_sources[i], &found_.of_sources[asked[i]]);
      Add(*more.spread[i], &found_.spread[asked[i]]);
    }
    TRY(LeaveOutElsewhere(old, more.All()));
    return std::move(found_);
  }

  // Every source could be read.
  bool has_all() const { return has_all_; }

 private:
  static void Add(const TraceIds& more, TraceIdsPtr* ids) {
    if (!more.empty()) *ids = std::make_shared<const TraceIds>(Union(**ids, more));
  }

  // New ones, and those in whose time one of them is: what repeats a span starts when that does.
  std::vector<std::size_t> Asked() const {
    std::vector<std::size_t> asked;
    for (std::size_t i = 0; i < places_.size(); ++i) {
      bool is_asked = is_new_[i];
      for (std::size_t k = 0; !is_asked && k < places_.size(); ++k) {
        is_asked = is_new_[k] && Overlap(StatsOf(i), StatsOf(k));
      }
      if (is_asked) asked.push_back(i);
    }
    return asked;
  }

  // A repeated trace is read whole, so that what other sources have of it is not counted there.
  Status LeaveOutElsewhere(const TraceIds& old, const TraceIds& more) {
    TraceIds added;
    std::ranges::set_difference(more, old, std::back_inserter(added));
    const TraceIds all = Union(old, more);
    for (std::size_t i = 0; i < places_.size(); ++i) {
      const TraceIds& wanted = is_new_[i] ? all : added;
      if (wanted.empty()) continue;
      TRY(scan_.Check());
      const SpanSource& source = *scan_.sources[places_[i]];
      const auto here = TracesIn(source, wanted);
      scan_.Tell(places_[i]);
      if (here) {
        Add(*here, &found_.of_sources[i]);
      } else {
        TRY(scan_.Tolerate(source, here.error()));
        has_all_ = false;
      }
    }
    return {};
  }

  const scan::SourceStats& StatsOf(std::size_t i) const {
    return scan_.sources[places_[i]]->stats();
  }

  const Scan& scan_;
  const std::span<const std::size_t> places_;
  RepeatedTraces found_;
  std::vector<bool> is_new_;
  bool has_all_ = true;
};

}  // namespace

Result<RepeatedTraces> FindRepeated(const Scan& scan, std::span<const std::size_t> places,
                                    KnownRepeats& known, bool is_spread_asked) {
  std::vector<scan::SpanSourcePtr> stored;
  for (const std::size_t place : places) stored.push_back(scan.stored[place]);
  std::optional<RepeatedTraces> before = known.Among(stored);
  if (before && is_spread_asked && before->may_be_spread_further) before.reset();
  const bool has_new = before && std::ranges::count(before->of_sources, nullptr) > 0;
  if (before && !has_new) return *std::move(before);
  bool has_all = false;
  RepeatedTraces found;
  if (before && !is_spread_asked) {
    MoreRepeats finder(scan, places, *std::move(before));
    ASSIGN_OR_RETURN(found, finder.Run(known));
    has_all = finder.has_all();
  } else {
    RepeatFinder finder(scan, places, known);
    ASSIGN_OR_RETURN(found, finder.Run());
    has_all = finder.has_all();
  }
  if (has_all) known.KeepAmong(stored, found);
  return found;
}

}  // namespace clew::query

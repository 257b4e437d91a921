#include "query/repeated_traces.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <functional>
#include <iterator>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "base/for_each.h"
#include "base/hash.h"
#include "query/source_calls.h"
#include "query/source_traces.h"
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
  static constexpr std::size_t kLots = 1024;

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
    if (std::optional<TraceIds> repeating = source(i).RepeatingTraces()) {
      part.within = std::make_shared<const TraceIds>(*std::move(repeating));
      return {};
    }
    auto within = std::make_shared<TraceIds>();
    const auto is_single = [](const scan::TraceSize& trace) { return trace.span_count == 1; };
    scan::TraceTreesPtr trees;
    if (!std::ranges::all_of(traces, is_single)) {
      ASSIGN_OR_RETURN(trees, source(i).Trees({.span_ids = true}));
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
    ASSIGN_OR_RETURN(const std::optional<SourceTraces> traces, SourceTraces::Of(source(i)));
    if (!traces) return ReadDamaged(i);
    scan::ColumnPtr column;
    std::span<const SpanId> span_ids;
    for (std::size_t trace = 0; trace < traces->count(); ++trace) {
      const std::size_t hash = hash_(traces->id(trace));
      if (!spread_.IsSpread(hash)) continue;
      if (column == nullptr) {
        ASSIGN_OR_RETURN(column, source(i).Field(expr::Field::kSpanId));
        span_ids = column->all<SpanId>();
        const bool is_whole =
            column->damage.empty() && span_ids.size() == source(i).stats().span_count;
        if (!is_whole) return ReadDamaged(i);
      }
      const auto place = static_cast<std::uint32_t>(part.spread.size());
      part.spread.push_back(traces->id(trace));
      for (std::size_t span = 0; span < traces->span_count(trace); ++span) {
        const SpanId& id = span_ids[traces->RowOf(trace, span)];
        part.spans.push_back({.key = base::Hash64(BytesOf(id), hash),
                              .source = static_cast<std::uint32_t>(i),
                              .trace = place});
      }
    }
    return {};
  }

  // Which spans the source has is not known, but of which traces they are.
  Status ReadDamaged(std::size_t i) {
    Part& part = parts_[i];
    part.is_damaged = true;
    part.spread.clear();
    part.spans.clear();
    ASSIGN_OR_RETURN(const std::vector<scan::TraceSize> traces, source(i).Traces());
    for (const scan::TraceSize& trace : traces) {
      if (spread_.IsSpread(hash_(trace.id))) part.spread.push_back(trace.id);
    }
    return {};
  }

  Status AddSpread(std::size_t i) {
    Part& part = parts_[i];
    TRY(memory_.Take(part.spans.size() * 2 * sizeof(SpreadSpan) +
                     part.spread.size() * 2 * sizeof(TraceId)));
    for (const SpreadSpan& span : part.spans) spans_[span.key % kLots].push_back(span);
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
    std::vector<TraceIds> of_lots(kLots);
    base::ForEach(scan_.context.helpers, kLots,
                  [&](std::size_t lot) { of_lots[lot] = RepeatedIn(spans_[lot]); });
    TRY(scan_.Check());
    for (const TraceIds& ids : of_lots) repeated.insert(repeated.end(), ids.begin(), ids.end());
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

  // The traces of those spans that are there again.
  TraceIds RepeatedIn(std::span<const SpreadSpan> spans) const {
    constexpr std::uint32_t kEmpty = 0xffffffff;
    TraceIds repeated;
    std::vector<std::uint32_t> table(std::bit_ceil(2 * spans.size() + 1), kEmpty);
    const std::size_t mask = table.size() - 1;
    for (std::uint32_t i = 0; i < spans.size(); ++i) {
      std::size_t slot = spans[i].key / kLots & mask;
      while (table[slot] != kEmpty && spans[table[slot]].key != spans[i].key) {
        slot = (slot + 1) & mask;
      }
      if (table[slot] == kEmpty) {
        table[slot] = i;
        continue;
      }
      for (const SpreadSpan& span : {spans[table[slot]], spans[i]}) {
        repeated.push_back(parts_[span.source].spread[span.trace]);
      }
    }
    return repeated;
  }

  const Scan& scan_;
  const std::span<const std::size_t> places_;
  KnownRepeats& known_;
  const TraceHash hash_;
  SpreadTraces spread_;
  PassingMemory memory_;
  std::vector<Part> parts_;
  /// In lots by their keys, each small enough for a cache of the processor.
  std::vector<std::vector<SpreadSpan>> spans_{kLots};
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

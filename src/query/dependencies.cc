#include "query/dependencies.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "base/for_each.h"
#include "model/service_name.h"
#include "query/call_counts.h"
#include "query/call_join.h"
#include "query/scan.h"
#include "query/source_calls.h"
#include "query/spread_traces.h"
#include "query/visit_whole.h"
#include "query/whole_trace.h"
#include "scan/resource_services.h"
#include "wire/otlp/same_spans.h"

namespace clew::query {
namespace {

using scan::TraceSize;
using scan::TraceTreesPtr;

// Traces that are looked up whole.
constexpr std::size_t kWholeMax = 2'000'000;

// What things take in memory, allocations included.
constexpr std::uint64_t kListBytes = 2 * sizeof(TraceSize);  // of a span's trace
constexpr std::uint64_t kWholeBytes = 64 + sizeof(TraceId);  // an id in a set, and in a list
constexpr std::uint64_t kResourceBytes = 128;
// So many at once: they share what is read.
constexpr std::size_t kWholeAtOnce = 2500;
// So many sources are read at the same time, where there is memory for them.
constexpr std::size_t kSourcesAtOnce = 8;
// Sources in memory that are one unit: about as many spans as a block has.
constexpr std::uint64_t kUnitSpans = 524'288;

// Of the trees in QueryStats.
constexpr std::size_t kPlace = 1;

// Counts calls by joining the fragments of traces by ids alone. Where that does not tell whose call
// a span is, as ids are there twice, or something of a source is damaged, traces are put aside to
// be looked up whole: then it is known which spans are the same, which is much more to read.
class CallCounter {
 public:
  CallCounter(const QueryContext& context, const CallTimes& times, std::uint32_t unit_count)
      : context_(context),
        times_(times),
        counts_(context),
        join_(context, unit_count),
        memory_(context) {}

  CallJoin& join() { return join_; }

  // What a source knows of calls.
  Status Add(SourceCalls calls) {
    auto codes = std::make_shared<std::vector<std::uint32_t>>();
    for (const std::string& service : calls.services) codes->push_back(services_.CodeOf(service));
    for (auto& [unit, fragments] : calls.fragments) {
      for (CallFragments& part : fragments) part.services = codes;
      TRY(join_.Add(unit, std::move(fragments)));
    }
    return {};
  }

  // All sources of `unit` are added: counts the calls of traces that end there.
  Status Join(std::uint32_t unit, bool takes_lost_parents, base::WorkerPool* helpers) {
    PairCounts calls(services_.count());
    ASSIGN_OR_RETURN(
        const CallJoin::Undecided undecided,
        join_.Join(unit, whole_, takes_lost_parents, helpers, services_.count(), &calls));
    TRY(PutAside(undecided.with_repeats));
    TRY(PutAside(undecided.with_lost_parents));
    return counts_.Add(calls, services_);
  }

  // Traces of which what was read does not decide. Those beyond what there is memory for are left
  // out, which is noted.
  Status PutAside(const std::vector<TraceId>& ids) {
    for (const TraceId& id : ids) {
      if (whole_.contains(id)) continue;
      if (whole_.size() == kWholeMax) {
        NoteTooMany();
        return {};
      }
      const Status taken = memory_.Take(kWholeBytes);
      if (!taken && taken.error().code != Code::kResourceExhausted) return taken;
      if (!taken) {
        NoteTooMany();
        return {};
      }
      whole_.insert(id);
    }
    return {};
  }

  // What is to be looked up whole, ascending.
  std::vector<TraceId> Whole() const { return {whole_.begin(), whole_.end()}; }

  // A whole trace, each span once. Its ids are edited in place when nobody shares them.
  Status AddTrace(model::SpanColumns trace) {
    wire::otlp::SplitSharedSpanIds(&trace);
    const model::ServiceNameViews services(trace);
    // As in a tree, the first of those that share an id is the parent.
    std::unordered_map<SpanId, std::uint32_t> resources;
    for (std::size_t row = 0; row < trace.span_count(); ++row) {
      resources.try_emplace(trace.span_ids[row], trace.resource_indexes[row]);
    }
    for (std::size_t row = 0; row < trace.span_count(); ++row) {
      if (!times_.Has(trace.starts[row])) continue;
      const auto parent = resources.find(trace.parent_span_ids[row]);
      if (parent == resources.end()) continue;
      TRY(counts_.Add(services[parent->second], services[trace.resource_indexes[row]], 1));
    }
    return {};
  }

  std::vector<DependencyLink> Links() const { return counts_.Links(); }

 private:
  void NoteTooMany() const {
    if (context_.left_out == nullptr) return;
    context_.left_out->Add(
        fmt::format("some calls are left out: more than {} traces have to be looked up whole, of "
                    "which spans share ids or are damaged; ask for a shorter time",
                    whole_.size()));
  }

  const QueryContext& context_;
  const CallTimes times_;
  ServiceCodes services_;
  CallCounts counts_;
  CallJoin join_;
  std::set<TraceId> whole_;
  PassingMemory memory_;
};

bool HasSharedIds(const model::SpanColumns& trace) {
  std::set<std::pair<SpanId, std::int32_t>> seen;
  for (std::size_t row = 0; row < trace.span_count(); ++row) {
    if (!seen.emplace(trace.span_ids[row], trace.kinds[row]).second) return true;
  }
  return false;
}

// Adds traces that are looked up whole: by their trees, and where spans may be the same, by all
// that is known of them. One that is too large by itself is left out, which is noted.
class WholeTraces {
 public:
  WholeTraces(const Scan& scan, std::uint64_t bytes_max, CallCounter& counter)
      : scan_(scan), bytes_max_(bytes_max), counter_(counter) {}

  Status Add() {
    const std::vector<TraceId> ids = counter_.Whole();
    for (std::size_t first = 0; first < ids.size(); first += kWholeAtOnce) {
      TRY(AddTrees(std::span(ids).subspan(first, std::min(kWholeAtOnce, ids.size() - first))));
    }
    return {};
  }

 private:
  using Read = decltype(ReadWholeTrees);

  template <typename Visit>
  Status ForEach(Read& read, std::span<const TraceId> ids, const Visit& visit) {
    const auto visit_all = [&](std::vector<model::SpanColumnsPtr> traces) -> Status {
      for (model::SpanColumnsPtr& trace : traces) {
        model::SpanColumns columns = *trace;
        trace.reset();  // what nobody shares is edited in place
        TRY(visit(std::move(columns)));
      }
      return {};
    };
    return VisitWhole(scan_, read, ids, bytes_max_, visit_all,
                      [this](const TraceId& id, const Error& error) { NoteTooLarge(id, error); });
  }

  Status AddTrees(std::span<const TraceId> ids) {
    std::vector<TraceId> with_shared_ids;
    TRY(ForEach(ReadWholeTrees, ids, [&](model::SpanColumns tree) {
      if (!HasSharedIds(tree)) return counter_.AddTrace(std::move(tree));
      with_shared_ids.push_back(tree.trace_ids.front());
      return Status();
    }));
    for (const TraceId& id : with_shared_ids) {
      TRY(ForEach(ReadWholeTraces, {&id, 1},
                  [&](model::SpanColumns trace) { return counter_.AddTrace(std::move(trace)); }));
    }
    return {};
  }

  void NoteTooLarge(const TraceId& id, const Error& error) {
    if (scan_.context.left_out == nullptr) return;
    scan_.context.left_out->Add(
        fmt::format("the calls of trace {} are left out: {}", id.ToHex(), error.message));
  }

  const Scan& scan_;
  const std::uint64_t bytes_max_;
  CallCounter& counter_;
};

std::uint64_t TreeBytes(const scan::SpanSource& source) {
  return source.stats().span_count * scan::kTraceTreesBytesPerSpan +
         source.stats().resource_count * kResourceBytes;
}

std::uint64_t ListBytes(const scan::SpanSource& source) {
  return source.stats().span_count * kListBytes;
}

// Of what answers may take, what is read at the same time takes at most; but for one source, which
// may take more.
constexpr std::uint64_t kPartOfAnswers = 4;

// The first of `places` for which there is memory at the same time; 0 when there is none for one.
template <typename BytesOf>
Result<std::size_t> TakeMemory(const Scan& scan, std::span<const std::size_t> places,
                               const BytesOf& bytes_of, PassingMemory* memory) {
  const std::uint64_t limit = scan.context.memory == nullptr ? 0 : scan.context.memory->limit();
  std::uint64_t bytes = 0;
  std::size_t count = 0;
  for (; count < std::min(places.size(), kSourcesAtOnce); ++count) {
    const std::uint64_t more = bytes_of(*scan.sources[places[count]]);
    const bool has_room = limit == 0 || bytes + more <= limit / kPartOfAnswers;
    if (!has_room || !memory->TryTakeAny(more)) break;
    bytes += more;
  }
  if (count > 0) return count;
  const Status taken = memory->Take(bytes_of(*scan.sources[places[0]]));
  if (taken) return std::size_t{1};
  if (taken.error().code == Code::kResourceExhausted) return std::size_t{0};
  return std::unexpected(taken.error());
}

// Calls read(source) for some sources at the same time.
template <typename T, typename Read>
std::vector<Result<T>> ReadTogether(const Scan& scan, std::span<const std::size_t> places,
                                    const Read& read) {
  std::vector<Result<T>> all(places.size());
  const DamageNotes::Keeping keeping(scan.notes);
  base::ForEach(scan.context.helpers, places.size(),
                [&](std::size_t i) { all[i] = read(*scan.sources[places[i]]); });
  return all;
}

// Sources that are read one after the other: the row groups of a block, or some of those in memory.
struct Unit {
  std::vector<std::size_t> places;
  std::string_view block;
  std::uint64_t span_count = 0;
};

// Those with something in time, in the order of their starts: traces that end are soon joined.
std::vector<Unit> UnitsOf(const Scan& scan, const CallTimes& times) {
  std::vector<Unit> units;
  for (std::size_t place = 0; place < scan.sources.size(); ++place) {
    const scan::SpanSource& source = *scan.sources[place];
    if (source.stats().start_max < times.start_min || source.stats().start_min > times.start_max) {
      ++scan.stats.At(kPlace).row_groups_skipped;
      continue;
    }
    const bool is_new = units.empty() || units.back().block != source.block() ||
                        (source.block().empty() && units.back().span_count >= kUnitSpans);
    if (is_new) units.push_back({.places = {}, .block = source.block()});
    units.back().places.push_back(place);
    units.back().span_count += source.stats().span_count;
  }
  std::ranges::stable_sort(units, {}, [&](const Unit& unit) {
    UnixNanos start = scan.sources[unit.places.front()]->stats().start_min;
    for (const std::size_t place : unit.places) {
      start = std::min(start, scan.sources[place]->stats().start_min);
    }
    return start;
  });
  return units;
}

using Hashes = std::vector<std::size_t>;

Result<Hashes> HashesOf(const scan::SpanSource& source, const TraceHash& hash) {
  ASSIGN_OR_RETURN(const std::vector<TraceSize> traces, source.Traces());
  Hashes hashes;
  hashes.reserve(traces.size());
  for (const TraceSize& trace : traces) hashes.push_back(hash(trace.id));
  return hashes;
}

// One question.
class CallScan {
 public:
  CallScan(const Scan& scan, const ReadTrees& wanted, std::uint64_t bytes_max)
      : scan_(scan),
        times_{wanted.start_min, wanted.start_max},
        bytes_max_(bytes_max),
        units_(UnitsOf(scan, times_)),
        spread_(scan.context),
        counter_(scan.context, times_, static_cast<std::uint32_t>(units_.size())) {
    std::size_t source_count = 0;
    for (const Unit& unit : units_) source_count += unit.places.size();
    // Who is called may have started in time, and who calls long before.
    takes_lost_parents_ = source_count == scan.sources.size();
  }

  Result<std::vector<DependencyLink>> Run() {
    if (units_.size() > SpreadTraces::kUnitsMax) return Internal("{} units", units_.size());
    TRY(FindSpread());
    for (CallJoin& join = counter_.join(); !join.is_done(); join.EndRound()) {
      for (std::uint32_t unit = 0; join.IsInRound(unit); ++unit) {
        if (join.MayHave(unit)) TRY(AddUnit(unit));
        TRY(counter_.Join(unit, takes_lost_parents_, scan_.context.helpers));
      }
    }
    TRY(WholeTraces(scan_, bytes_max_, counter_).Add());
    return counter_.Links();
  }

 private:
  // Notes the traces of all sources, and leaves out those of which they cannot be read.
  Status FindSpread() {
    for (std::uint32_t unit = 0; unit < units_.size(); ++unit) {
      const std::vector<std::size_t> places = std::exchange(units_[unit].places, {});
      TRY(ForEachLot(places, ListBytes,
                     [&](std::span<const std::size_t> lot) { return NoteTraces(unit, lot); }));
    }
    return spread_.Find(scan_.context.helpers);
  }

  Status NoteTraces(std::uint32_t unit, std::span<const std::size_t> places) {
    OperatorStats& work = scan_.stats.At(kPlace);
    const auto read = ReadTogether<Hashes>(
        scan_, places, [&](const scan::SpanSource& source) { return HashesOf(source, hash_); });
    for (std::size_t i = 0; i < places.size(); ++i) {
      const scan::SpanSource& source = *scan_.sources[places[i]];
      scan_.Tell(places[i]);
      if (!read[i].has_value()) {
        TRY(scan_.Tolerate(source, read[i].error()));
        continue;
      }
      TRY(spread_.Note(unit, *read[i]));
      ++work.row_groups_read;
      work.rows += read[i]->size();
      work.spans_scanned += source.stats().span_count;
      units_[unit].places.push_back(places[i]);
    }
    return {};
  }

  Status AddUnit(std::uint32_t unit) {
    std::uint32_t reach = unit;
    TRY(ForEachLot(units_[unit].places, TreeBytes, [&](std::span<const std::size_t> lot) {
      return AddSources(unit, lot, &reach);
    }));
    counter_.join().NoteReach(unit, reach);
    return {};
  }

  Status AddSources(std::uint32_t unit, std::span<const std::size_t> places, std::uint32_t* reach) {
    using Calls = std::optional<SourceCalls>;
    auto read = ReadTogether<Calls>(
        scan_, places, [&](const scan::SpanSource& source) { return CallsOf(unit, source); });
    OperatorStats& work = scan_.stats.At(kPlace);
    for (std::size_t i = 0; i < places.size(); ++i) {
      const scan::SpanSource& source = *scan_.sources[places[i]];
      scan_.Tell(places[i]);
      if (!read[i].has_value()) {
        TRY(scan_.Tolerate(source, read[i].error()));
      } else if (read[i]->has_value()) {
        ++work.trees_read;
        *reach = std::max(*reach, (*read[i])->last_unit);
        const Status added = counter_.Add(*std::move(*read[i]));
        if (!added && added.error().code != Code::kResourceExhausted) return added;
        if (!added) NoteNoRoom(source, TreeBytes);
      } else {
        TRY(PutAside(source));
      }
    }
    return {};
  }

  // Nothing where something of it is damaged.
  Result<std::optional<SourceCalls>> CallsOf(std::uint32_t unit, const scan::SpanSource& source) {
    const scan::SourceStats& stats = source.stats();
    const bool are_in_time = times_.Has(stats.start_min) && times_.Has(stats.start_max);
    ASSIGN_OR_RETURN(const TraceTreesPtr trees,
                     source.Trees({.span_ids = true, .starts = !are_in_time, .calls = true}));
    if (trees == nullptr) return std::nullopt;
    ASSIGN_OR_RETURN(const scan::ResourceServices services, scan::ServicesOf(source));
    if (!services.lost.empty()) return std::nullopt;
    const WantedCalls wanted{
        .hash = hash_,
        .last_units_of = [&](auto hashes) { return spread_.LastOf(hashes, unit); },
        .takes = [&](std::uint32_t last,
                     std::size_t part) { return counter_.join().Takes(last, part); }};
    return query::CallsOf(*trees, services.names, are_in_time ? nullptr : &times_, wanted);
  }

  Status PutAside(const scan::SpanSource& source) {
    const Result<std::vector<TraceSize>> traces = source.Traces();
    if (!traces.has_value()) return scan_.Tolerate(source, traces.error());
    std::vector<TraceId> ids;
    for (const TraceSize& trace : *traces) ids.push_back(trace.id);
    return counter_.PutAside(ids);
  }

  // Calls visit(some of places) for all of them, as many at a time as there is memory for.
  template <typename BytesOf, typename Visit>
  Status ForEachLot(std::span<const std::size_t> places, const BytesOf& bytes_of,
                    const Visit& visit) {
    while (!places.empty()) {
      TRY(scan_.Check());
      PassingMemory memory(scan_.context);
      ASSIGN_OR_RETURN(const std::size_t count, TakeMemory(scan_, places, bytes_of, &memory));
      if (count > 0) {
        TRY(visit(places.first(count)));
        places = places.subspan(count);
        continue;
      }
      if (counter_.join().TryMakeRoom()) continue;
      NoteNoRoom(*scan_.sources[places[0]], bytes_of);
      places = places.subspan(1);
    }
    return {};
  }

  template <typename BytesOf>
  void NoteNoRoom(const scan::SpanSource& source, const BytesOf& bytes_of) const {
    if (scan_.context.left_out == nullptr) return;
    const std::string where =
        source.block().empty() ? "in no block yet" : "of block " + std::string(source.block());
    scan_.context.left_out->Add(
        fmt::format("the calls of {} spans {} are left out: to read them takes {} MiB of memory, "
                    "which answers do not have",
                    source.stats().span_count, where, (bytes_of(source) >> 20) + 1));
  }

  const Scan& scan_;
  const CallTimes times_;
  const std::uint64_t bytes_max_;
  const TraceHash hash_;
  std::vector<Unit> units_;
  SpreadTraces spread_;
  CallCounter counter_;
  bool takes_lost_parents_ = false;
};

}  // namespace

Status RunCountCalls(const Scan& scan, const ReadTrees& wanted, std::size_t place,
                     std::uint64_t bytes_max, Sink& sink) {
  const OperatorWork work(scan, place + 1);
  ASSIGN_OR_RETURN(std::vector<DependencyLink> links, CallScan(scan, wanted, bytes_max).Run());
  // Until they are sent, with their text.
  std::uint64_t bytes = 0;
  for (const DependencyLink& link : links) {
    bytes += CallCounts::kLinkBytes + 4 * (link.parent.size() + link.child.size());
  }
  TRY(scan.context.TakeMemory(bytes));
  scan.stats.At(place).rows = links.size();
  for (DependencyLink& link : links) TRY(sink.Take(std::move(link)));
  return {};
}

}  // namespace clew::query

#include "query/dependencies.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "base/for_each.h"
#include "model/same_spans.h"
#include "model/service_name.h"
#include "query/scan.h"
#include "query/whole_trace.h"
#include "scan/resource_services.h"
#include "wire/otlp/json_text.h"

namespace clew::query {
namespace {

using model::SpanColumns;
using scan::TraceSize;
using scan::TraceTrees;
using scan::TraceTreesPtr;

struct SpanKey {
  TraceId trace;
  SpanId span;
  bool operator==(const SpanKey&) const = default;
};
struct SpanKeyHash {
  std::size_t operator()(const SpanKey& key) const {
    return std::hash<TraceId>()(key.trace) ^ std::hash<SpanId>()(key.span);
  }
};

// Traces a source.
constexpr std::size_t kTracesMax = 16'000'000;
// Traces that are looked up whole.
constexpr std::size_t kWholeMax = 2'000'000;
// Of a source, in whole traces.
constexpr std::size_t kSpansAtOnce = 16'384;

// What things take in memory, allocations included.
constexpr std::uint64_t kHashBytes = 3 * sizeof(std::size_t);  // in a vector that grows
constexpr std::uint64_t kSpreadBytes = 40;                     // a hash in a table
constexpr std::uint64_t kListBytes = 2 * sizeof(TraceSize);    // of a span's trace
constexpr std::uint64_t kWholeBytes = 64 + sizeof(TraceId);    // an id in a set, and in a list
constexpr std::uint64_t kTreeSpanBytes = 256;                  // columns, and a row by its id
constexpr std::uint64_t kResourceBytes = 128;
constexpr std::uint64_t kLinkBytes = 3 * 128;  // in two tables and a list
// So many at once: they share what is read.
constexpr std::size_t kWholeAtOnce = 2500;
// The trees of so many are read at the same time, where there is memory for them.
constexpr std::size_t kSourcesAtOnce = 8;

// Of the trees in QueryStats.
constexpr std::size_t kPlace = 1;

Status TooMany(std::size_t max) {
  return MakeError(Code::kResourceExhausted,
                   "the calls of more than {} traces are asked for: ask for a shorter time", max);
}

// Counts the calls of a trace at once when it lies in one source, in the simplest form: every span
// id once, every parent there. Others are put aside to be looked up whole, where it can be told
// which spans are the same, which is much more to read.
class CallCounter {
 public:
  CallCounter(const QueryContext& context, UnixNanos start_min, UnixNanos start_max)
      : start_min_(start_min), start_max_(start_max), memory_(context), hash_memory_(context) {}

  // The traces of one source.
  Status NoteTraces(const std::vector<TraceSize>& traces) {
    if (trace_hashes_.size() + traces.size() > kTracesMax) return TooMany(kTracesMax);
    TRY(hash_memory_.Take(traces.size() * kHashBytes));
    for (const TraceSize& trace : traces) {
      trace_hashes_.push_back(std::hash<TraceId>()(trace.id));
    }
    return {};
  }
  // All are noted: what several sources hold is known from here on, and maybe a little more.
  Status FindSpread() {
    std::ranges::sort(trace_hashes_);
    for (std::size_t i = 1; i < trace_hashes_.size(); ++i) {
      if (trace_hashes_[i] != trace_hashes_[i - 1]) continue;
      if (!spread_hashes_.insert(trace_hashes_[i]).second) continue;
      TRY(memory_.Take(kSpreadBytes));
    }
    trace_hashes_ = std::vector<std::size_t>();  // = {} would keep the memory
    hash_memory_.GiveBack();
    return {};
  }

  // Whole traces of one source.
  Status AddSpans(const SpanColumns& columns) {
    std::unordered_map<SpanKey, std::uint32_t, SpanKeyHash> rows;
    rows.reserve(columns.span_count());
    std::unordered_set<TraceId> whole;
    for (std::uint32_t row = 0; row < columns.span_count(); ++row) {
      const TraceId& trace = columns.trace_ids[row];
      const bool is_new = rows.try_emplace({trace, columns.span_ids[row]}, row).second;
      if (!is_new || spread_hashes_.contains(std::hash<TraceId>()(trace))) whole.insert(trace);
    }
    const auto parent_of = [&](std::uint32_t row) {
      return rows.find({columns.trace_ids[row], columns.parent_span_ids[row]});
    };
    for (std::uint32_t row = 0; row < columns.span_count(); ++row) {
      if (IsCall(columns, row) && parent_of(row) == rows.end()) {
        whole.insert(columns.trace_ids[row]);
      }
    }
    const std::vector<std::string> services = model::ServiceNamesOf(columns);
    for (std::uint32_t row = 0; row < columns.span_count(); ++row) {
      if (!IsCall(columns, row) || whole.contains(columns.trace_ids[row])) continue;
      TRY(Count(services[columns.resource_indexes[parent_of(row)->second]],
                services[columns.resource_indexes[row]], 1));
    }
    whole.erase(TraceId());  // of spans whose trace is lost
    return PutAside(whole);
  }

  // All of one source. `services` is by resource.
  Status AddTrees(const TraceTrees& trees, const std::vector<std::string>& services) {
    // Resources whose service has the same name are one.
    std::map<std::string_view, std::uint32_t> codes;
    std::vector<std::string_view> names;
    std::vector<std::uint32_t> code_of;
    for (const std::string& service : services) {
      const auto [entry, is_new] =
          codes.try_emplace(service, static_cast<std::uint32_t>(codes.size()));
      if (is_new) names.push_back(service);
      code_of.push_back(entry->second);
    }
    std::vector<TraceId> whole;
    std::unordered_map<std::uint64_t, std::uint64_t> calls;  // by parent and child
    for (std::size_t trace = 0; trace < trees.ids.size(); ++trace) {
      if (!IsSimple(trees, trace)) {
        whole.push_back(trees.ids[trace]);
        continue;
      }
      for (std::uint32_t row = trees.first_rows[trace]; row < trees.first_rows[trace + 1]; ++row) {
        const std::uint32_t parent = trees.parents[row];
        if (parent >= TraceTrees::kParentAway || !IsInside(trees.starts[row])) continue;
        const std::uint64_t caller = code_of[trees.resources[parent]];
        ++calls[caller << 32 | code_of[trees.resources[row]]];
      }
    }
    for (const auto& [pair, count] : calls) {
      TRY(Count(std::string(names[pair >> 32]), std::string(names[pair & 0xffffffff]), count));
    }
    return PutAside(whole);
  }

  // Traces of which a source has too much to be read at once.
  template <typename Ids>
  Status PutAside(const Ids& ids) {
    for (const TraceId& id : ids) {
      if (whole_.insert(id).second) TRY(memory_.Take(kWholeBytes));
    }
    return whole_.size() > kWholeMax ? TooMany(kWholeMax) : Status();
  }

  // What is to be looked up whole, ascending.
  std::vector<TraceId> Whole() const { return {whole_.begin(), whole_.end()}; }

  // A whole trace, each span once.
  Status AddTrace(model::TraceData trace) {
    model::SplitSharedSpanIds(&trace);
    std::vector<std::string> services;
    services.reserve(trace.resources.size());
    for (const model::Resource& resource : trace.resources) {
      services.push_back(model::ServiceName(resource.attributes));
    }
    // As in a tree, the first of those that share an id is the parent.
    std::unordered_map<SpanId, std::uint32_t> resources;
    for (const model::Span& span : trace.spans) {
      resources.try_emplace(span.span_id, span.resource);
    }
    for (const model::Span& span : trace.spans) {
      if (!IsInside(span.start)) continue;
      const auto parent = resources.find(span.parent_span_id);
      if (parent == resources.end()) continue;
      TRY(Count(services[parent->second], services[span.resource], 1));
    }
    return {};
  }

  std::vector<DependencyLink> Links() const {
    // Names that are shown alike are one.
    std::map<std::pair<std::string, std::string>, std::uint64_t> shown;
    for (const auto& [pair, count] : counts_) {
      shown[{wire::otlp::RepairUtf8(pair.first), wire::otlp::RepairUtf8(pair.second)}] += count;
    }
    std::vector<DependencyLink> links;
    for (const auto& [pair, count] : shown) links.push_back({pair.first, pair.second, count});
    return links;
  }

 private:
  Status Count(const std::string& parent, const std::string& child, std::uint64_t call_count) {
    const auto [entry, is_new] = counts_.try_emplace({parent, child}, 0);
    entry->second += call_count;
    return is_new ? memory_.Take(kLinkBytes + 3 * (parent.size() + child.size())) : Status();
  }
  bool IsInside(UnixNanos start) const { return start >= start_min_ && start <= start_max_; }
  // Whole here, every span id once, and every parent that is asked for here.
  bool IsSimple(const TraceTrees& trees, std::size_t trace) const {
    if (spread_hashes_.contains(std::hash<TraceId>()(trees.ids[trace]))) return false;
    const std::uint32_t first = trees.first_rows[trace];
    const std::uint32_t end = trees.first_rows[trace + 1];
    for (std::uint32_t row = first; row < end; ++row) {
      if (trees.parents[row] == TraceTrees::kParentAway && IsInside(trees.starts[row]))
        return false;
    }
    return AreDistinct(std::span(trees.span_ids).subspan(first, end - first));
  }
  static bool AreDistinct(std::span<const SpanId> ids) {
    // Where comparing each with each beats sorting.
    constexpr std::size_t kFew = 24;
    if (ids.size() > kFew) {
      std::vector<SpanId> sorted(ids.begin(), ids.end());
      std::ranges::sort(sorted);
      return std::ranges::adjacent_find(sorted) == sorted.end();
    }
    for (std::size_t i = 1; i < ids.size(); ++i) {
      for (std::size_t j = 0; j < i; ++j) {
        if (ids[i] == ids[j]) return false;
      }
    }
    return true;
  }
  bool IsCall(const SpanColumns& columns, std::uint32_t row) const {
    return IsInside(columns.starts[row]) && !columns.parent_span_ids[row].is_zero();
  }

  const UnixNanos start_min_;
  const UnixNanos start_max_;
  std::map<std::pair<std::string, std::string>, std::uint64_t> counts_;
  std::vector<std::size_t> trace_hashes_;
  std::unordered_set<std::size_t> spread_hashes_;
  std::set<TraceId> whole_;
  PassingMemory memory_;
  PassingMemory hash_memory_;
};

bool HasSharedIds(const model::TraceData& trace) {
  std::set<std::pair<SpanId, model::SpanKind>> seen;
  return std::ranges::any_of(trace.spans, [&](const model::Span& span) {
    return !seen.emplace(span.span_id, span.kind).second;
  });
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

  // Gives what `read` says of them to `visit`, as long as its memory is counted. What together is
  // too large comes in halves.
  template <typename Visit>
  Status ForEach(Read& read, std::span<const TraceId> ids, const Visit& visit) {
    TRY(scan_.Check());
    AnswerBudget budget{.bytes_max = bytes_max_};
    PassingMemory memory(scan_.context);
    Result<std::vector<model::TraceData>> traces = read(scan_, ids, &budget);
    memory.Adopt(budget.memory_bytes);
    if (traces) {
      for (model::TraceData& trace : *traces) TRY(visit(std::move(trace)));
      return {};
    }
    if (traces.error().code != Code::kResourceExhausted) return std::unexpected(traces.error());
    memory.GiveBack();
    if (ids.size() == 1) {
      NoteTooLarge(ids[0], traces.error());
      return {};
    }
    TRY(ForEach(read, ids.first(ids.size() / 2), visit));
    return ForEach(read, ids.subspan(ids.size() / 2), visit);
  }

  Status AddTrees(std::span<const TraceId> ids) {
    std::vector<TraceId> with_shared_ids;
    TRY(ForEach(ReadWholeTrees, ids, [&](model::TraceData tree) {
      if (!HasSharedIds(tree)) return counter_.AddTrace(std::move(tree));
      with_shared_ids.push_back(tree.spans.front().trace_id);
      return Status();
    }));
    for (const TraceId& id : with_shared_ids) {
      TRY(ForEach(ReadWholeTraces, {&id, 1},
                  [&](model::TraceData trace) { return counter_.AddTrace(std::move(trace)); }));
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

// The traces of a source, by id; nothing when it cannot be read, which is noted. For as long as
// they are kept `memory` counts them.
Result<std::optional<std::vector<TraceSize>>> TracesOf(const Scan& scan,
                                                       const scan::SpanSource& source,
                                                       PassingMemory* memory) {
  const std::uint32_t span_count = source.stats().span_count;
  TRY(memory->Take(span_count * kListBytes));
  Result<std::vector<TraceSize>> traces = source.Traces();
  if (!traces.has_value()) {
    TRY(scan.Tolerate(source, traces.error()));
    return std::nullopt;
  }
  return *std::move(traces);
}

std::uint64_t TreeBytes(const scan::SpanSource& source) {
  return source.stats().span_count * scan::kTraceTreesBytesPerSpan +
         source.stats().resource_count * kResourceBytes;
}

// All trees of a source.
struct SourceTrees {
  TraceTreesPtr trees;                // null when its spans have to be read
  std::vector<std::string> services;  // by resource
};

Result<SourceTrees> TreesOf(const scan::SpanSource& source) {
  ASSIGN_OR_RETURN(TraceTreesPtr trees, source.Trees());
  if (trees == nullptr) return SourceTrees();
  ASSIGN_OR_RETURN(scan::ResourceServices services, scan::ServicesOf(source));
  if (!services.lost.empty()) return SourceTrees();
  return SourceTrees{std::move(trees), std::move(services.names)};
}

// Some traces at a time: what is made of a source is much more than what is read.
Status CountSpans(const Scan& scan, const scan::SpanSource& source, CallCounter* counter) {
  PassingMemory list_memory(scan.context);
  ASSIGN_OR_RETURN(const auto traces, TracesOf(scan, source, &list_memory));
  if (!traces) return {};
  for (auto next = traces->begin(); next != traces->end();) {
    TRY(scan.Check());
    std::vector<TraceId> ids;
    std::size_t span_count = 0;
    do {
      ids.push_back(next->id);
      span_count += next->span_count;
      ++next;
    } while (next != traces->end() && span_count + next->span_count <= kSpansAtOnce);
    PassingMemory memory(scan.context);
    const Status taken =
        memory.Take(span_count * kTreeSpanBytes + source.stats().resource_count * kResourceBytes);
    if (!taken && taken.error().code == Code::kResourceExhausted) {
      TRY(counter->PutAside(ids));
      continue;
    }
    TRY(taken);
    const auto columns = source.ReadTraces(ids, scan::ReadExtent::kTree);
    if (!columns.has_value()) return scan.Tolerate(source, columns.error());
    if (*columns != nullptr) TRY(counter->AddSpans(**columns));
  }
  return {};
}

// The first of `places` whose trees fit into memory together; none when not even one ever does.
Result<std::size_t> TakeTreeMemory(const Scan& scan, std::span<const std::size_t> places,
                                   PassingMemory* memory) {
  std::size_t count = 0;
  while (count < std::min(places.size(), kSourcesAtOnce) &&
         memory->TryTake(TreeBytes(*scan.sources[places[count]]))) {
    ++count;
  }
  if (count > 0) return count;
  const Status taken = memory->Take(TreeBytes(*scan.sources[places[0]]));
  if (taken.has_value()) return std::size_t{1};
  if (taken.error().code == Code::kResourceExhausted) return std::size_t{0};
  return std::unexpected(taken.error());
}

// All calls in the sources at `places`.
Status CountSources(const Scan& scan, std::span<const std::size_t> places, CallCounter* counter) {
  while (!places.empty()) {
    TRY(scan.Check());
    PassingMemory memory(scan.context);
    ASSIGN_OR_RETURN(const std::size_t count, TakeTreeMemory(scan, places, &memory));
    std::vector<Result<SourceTrees>> read(count);
    {
      const DamageNotes::Keeping keeping(scan.notes);
      base::ForEach(scan.context.helpers, count,
                    [&](std::size_t i) { read[i] = TreesOf(*scan.sources[places[i]]); });
    }
    std::vector<std::size_t> to_read;
    for (std::size_t i = 0; i < count; ++i) {
      scan.Tell(places[i]);
      if (!read[i].has_value()) {
        TRY(scan.Tolerate(*scan.sources[places[i]], read[i].error()));
      } else if (read[i]->trees == nullptr) {
        to_read.push_back(places[i]);
      } else {
        TRY(counter->AddTrees(*read[i]->trees, read[i]->services));
      }
      read[i] = SourceTrees();
    }
    memory.GiveBack();
    if (count == 0) to_read.push_back(places[0]);
    for (const std::size_t place : to_read) TRY(CountSpans(scan, *scan.sources[place], counter));
    places = places.subspan(std::max<std::size_t>(count, 1));
  }
  return {};
}

}  // namespace

Result<std::vector<DependencyLink>> FindDependencies(const Scan& scan, const ReadTrees& wanted,
                                                     std::uint64_t bytes_max) {
  std::vector<std::size_t> inside;
  OperatorStats& work = scan.stats.At(kPlace);
  CallCounter counter(scan.context, wanted.start_min, wanted.start_max);
  for (std::size_t place = 0; place < scan.sources.size(); ++place) {
    const scan::SpanSource& source = *scan.sources[place];
    const scan::SourceStats& stats = source.stats();
    if (stats.start_max < wanted.start_min || stats.start_min > wanted.start_max) {
      ++work.row_groups_skipped;
      continue;
    }
    TRY(scan.Check());
    PassingMemory memory(scan.context);
    ASSIGN_OR_RETURN(const auto traces, TracesOf(scan, source, &memory));
    if (!traces) continue;
    TRY(counter.NoteTraces(*traces));
    ++work.row_groups_read;
    work.rows += traces->size();
    work.spans_scanned += stats.span_count;
    inside.push_back(place);
  }
  TRY(counter.FindSpread());
  TRY(CountSources(scan, inside, &counter));
  TRY(WholeTraces(scan, bytes_max, counter).Add());
  std::vector<DependencyLink> links = counter.Links();
  // Until they are sent, with their text.
  std::uint64_t bytes = 0;
  for (const DependencyLink& link : links) {
    bytes += kLinkBytes + 4 * (link.parent.size() + link.child.size());
  }
  TRY(scan.context.TakeMemory(bytes));
  return links;
}

}  // namespace clew::query

#include "query/dependencies.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "model/same_spans.h"
#include "model/service_name.h"
#include "query/scan.h"
#include "query/whole_trace.h"
#include "wire/otlp/json_text.h"

namespace clew::query {
namespace {

using model::SpanColumns;
using storage::SpanSourcePtr;

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

// Traces a source, 8 bytes each.
constexpr std::size_t kTracesMax = 16'000'000;
// Traces that are looked up whole, about 50 bytes each.
constexpr std::size_t kWholeMax = 2'000'000;
// So many at once: they share what is read.
constexpr std::size_t kWholeAtOnce = 2500;

Status TooMany(std::size_t max) {
  return MakeError(Code::kResourceExhausted,
                   "the calls of more than {} traces are asked for: ask for a shorter time", max);
}

// Counts the calls of a trace at once when it lies in one source, in the simplest form: every span
// id once, every parent there. Others are put aside to be looked up whole, where it can be told
// which spans are the same, which is much more to read.
class CallCounter {
 public:
  CallCounter(UnixNanos start_min, UnixNanos start_max)
      : start_min_(start_min), start_max_(start_max) {}

  // The traces of one source, each as often as it has spans.
  Status NoteTraces(std::vector<TraceId> ids) {
    std::ranges::sort(ids);
    const auto repeated = std::ranges::unique(ids);
    ids.erase(repeated.begin(), repeated.end());
    if (trace_hashes_.size() + ids.size() > kTracesMax) return TooMany(kTracesMax);
    for (const TraceId& id : ids) trace_hashes_.push_back(std::hash<TraceId>()(id));
    return {};
  }
  // All are noted: what several sources hold is known from here on, and maybe a little more.
  void FindSpread() {
    std::ranges::sort(trace_hashes_);
    for (std::size_t i = 1; i < trace_hashes_.size(); ++i) {
      if (trace_hashes_[i] == trace_hashes_[i - 1]) spread_hashes_.insert(trace_hashes_[i]);
    }
    trace_hashes_ = {};
  }

  Status AddSource(const SpanColumns& columns) {
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
      ++counts_[{services[columns.resource_indexes[parent_of(row)->second]],
                 services[columns.resource_indexes[row]]}];
    }
    whole_.insert(whole.begin(), whole.end());
    return whole_.size() > kWholeMax ? TooMany(kWholeMax) : Status();
  }

  // What is to be looked up whole, ascending.
  std::vector<TraceId> Whole() const { return {whole_.begin(), whole_.end()}; }

  // A whole trace, each span once.
  void AddTrace(model::TraceData trace) {
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
      if (parent != resources.end()) ++counts_[{services[parent->second], services[span.resource]}];
    }
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
  bool IsInside(UnixNanos start) const { return start >= start_min_ && start <= start_max_; }
  bool IsCall(const SpanColumns& columns, std::uint32_t row) const {
    return IsInside(columns.starts[row]) && !columns.parent_span_ids[row].is_zero();
  }

  const UnixNanos start_min_;
  const UnixNanos start_max_;
  std::map<std::pair<std::string, std::string>, std::uint64_t> counts_;
  std::vector<std::size_t> trace_hashes_;
  std::unordered_set<std::size_t> spread_hashes_;
  std::set<TraceId> whole_;
};

bool HasSharedIds(const model::TraceData& trace) {
  std::set<std::pair<SpanId, model::SpanKind>> seen;
  return std::ranges::any_of(trace.spans, [&](const model::Span& span) {
    return !seen.emplace(span.span_id, span.kind).second;
  });
}

// Adds traces that are looked up whole: by their trees, and where spans may be the same, by all
// that is known of them.
Status AddWholeTraces(const Scan& scan, std::uint64_t bytes_max, CallCounter* counter) {
  const std::vector<TraceId> ids = counter->Whole();
  for (std::size_t first = 0; first < ids.size(); first += kWholeAtOnce) {
    const auto some = std::span(ids).subspan(first, std::min(kWholeAtOnce, ids.size() - first));
    std::vector<TraceId> with_shared_ids;
    AnswerBudget budget{.bytes_max = bytes_max};
    ASSIGN_OR_RETURN(std::vector<model::TraceData> trees, ReadWholeTrees(scan, some, &budget));
    for (model::TraceData& tree : trees) {
      if (HasSharedIds(tree)) {
        with_shared_ids.push_back(tree.spans.front().trace_id);
      } else {
        counter->AddTrace(std::move(tree));
      }
    }
    trees.clear();
    for (const TraceId& id : with_shared_ids) {
      budget = {.bytes_max = bytes_max};
      ASSIGN_OR_RETURN(std::vector<model::TraceData> traces,
                       ReadWholeTraces(scan, {&id, 1}, &budget));
      for (model::TraceData& trace : traces) counter->AddTrace(std::move(trace));
    }
  }
  return {};
}

}  // namespace

Result<std::vector<DependencyLink>> FindDependencies(const Scan& scan, UnixNanos start_min,
                                                     UnixNanos start_max, std::uint64_t bytes_max) {
  std::vector<SpanSourcePtr> inside;
  CallCounter counter(start_min, start_max);
  for (const SpanSourcePtr& source : scan.sources) {
    const storage::SourceStats& stats = source->stats();
    if (stats.start_max < start_min || stats.start_min > start_max) continue;
    TRY(scan.Check());
    std::vector<std::uint32_t> rows(stats.span_count);
    std::iota(rows.begin(), rows.end(), 0u);
    Result<std::vector<TraceId>> ids = source->TraceIds(rows);
    if (!ids.has_value()) {
      TRY(scan.Tolerate(ids.error()));
      continue;
    }
    TRY(counter.NoteTraces(*std::move(ids)));
    inside.push_back(source);
  }
  counter.FindSpread();
  for (const SpanSourcePtr& source : inside) {
    TRY(scan.Check());
    const Result<model::SpanColumnsPtr> columns = source->ReadAll(storage::ReadExtent::kTree);
    if (!columns.has_value()) {
      TRY(scan.Tolerate(columns.error()));
    } else {
      TRY(counter.AddSource(**columns));
    }
  }
  TRY(AddWholeTraces(scan, bytes_max, &counter));
  return counter.Links();
}

}  // namespace clew::query

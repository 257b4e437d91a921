#include "query/dependencies.h"

#include <algorithm>
#include <map>
#include <string>
#include <unordered_map>
#include <utility>

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

// Spans whose parent is not in their own source, by that parent; about 100 bytes each.
constexpr std::size_t kForeignMax = 2'000'000;

std::vector<std::string> ServicesOf(const SpanColumns& columns) {
  std::vector<std::string> services(columns.resources.count());
  for (const model::AttributeColumn& column : columns.attributes) {
    if (column.owner != model::Owner::kResource || column.key != "service.name" ||
        column.type != model::ValueType::kString) {
      continue;
    }
    for (std::size_t i = 0; i < column.rows.size(); ++i) {
      if (services[column.rows[i]].empty()) services[column.rows[i]] = column.strings[i];
    }
  }
  return services;
}

class DependencyFinder {
 public:
  DependencyFinder(UnixNanos start_min, UnixNanos start_max)
      : start_min_(start_min), start_max_(start_max) {}

  Status AddSource(const SpanColumns& columns) {
    const std::vector<std::string> services = ServicesOf(columns);
    std::unordered_map<SpanKey, std::uint32_t, SpanKeyHash> rows;
    rows.reserve(columns.span_count());
    for (std::uint32_t row = 0; row < columns.span_count(); ++row) {
      rows.try_emplace({columns.trace_ids[row], columns.span_ids[row]}, row);
    }
    for (std::uint32_t row = 0; row < columns.span_count(); ++row) {
      const SpanKey own{columns.trace_ids[row], columns.span_ids[row]};
      const bool is_duplicate = rows.at(own) != row;
      const bool is_inside = columns.starts[row] >= start_min_ && columns.starts[row] <= start_max_;
      if (is_duplicate || !is_inside || columns.parent_span_ids[row].is_zero()) continue;
      const SpanKey parent{columns.trace_ids[row], columns.parent_span_ids[row]};
      const std::string& child = services[columns.resource_indexes[row]];
      if (const auto found = rows.find(parent); found != rows.end()) {
        ++counts_[{services[columns.resource_indexes[found->second]], child}];
      } else if (foreign_.size() >= kForeignMax) {
        return MakeError(Code::kResourceExhausted,
                         "more than {} spans have their parent elsewhere: ask for a shorter time",
                         kForeignMax);
      } else {
        foreign_.insert({parent, child});
      }
    }
    return {};
  }

  /// The traces of spans whose parent is still to be found, ascending.
  std::vector<TraceId> ForeignTraces() const {
    std::vector<TraceId> ids;
    for (const auto& [parent, child] : foreign_) ids.push_back(parent.trace);
    std::ranges::sort(ids);
    const auto repeated = std::ranges::unique(ids);
    ids.erase(repeated.begin(), repeated.end());
    return ids;
  }

  void ResolveForeign(const SpanColumns& columns) {
    const std::vector<std::string> services = ServicesOf(columns);
    for (std::uint32_t row = 0; row < columns.span_count() && !foreign_.empty(); ++row) {
      const auto [first, last] =
          foreign_.equal_range({columns.trace_ids[row], columns.span_ids[row]});
      for (auto child = first; child != last; ++child) {
        ++counts_[{services[columns.resource_indexes[row]], child->second}];
      }
      foreign_.erase(first, last);
    }
  }

  std::vector<DependencyLink> Links() const {
    std::vector<DependencyLink> links;
    for (const auto& [pair, count] : counts_) links.push_back({pair.first, pair.second, count});
    return links;
  }

 private:
  const UnixNanos start_min_;
  const UnixNanos start_max_;
  std::map<std::pair<std::string, std::string>, std::uint64_t> counts_;
  std::unordered_multimap<SpanKey, std::string, SpanKeyHash> foreign_;
};

// Calls `visit` with what `read` gives of each source, if anything.
template <typename Read, typename Visit>
Status ForEachTree(const Scan& scan, const std::vector<SpanSourcePtr>& sources, Read read,
                   Visit visit) {
  for (const SpanSourcePtr& source : sources) {
    TRY(scan.Check());
    const Result<model::SpanColumnsPtr> columns = read(*source);
    if (!columns.has_value()) {
      TRY(scan.Tolerate(columns.error()));
    } else if (*columns != nullptr) {
      TRY(visit(**columns));
    }
  }
  return {};
}

}  // namespace

Result<std::vector<DependencyLink>> FindDependencies(const Scan& scan, UnixNanos start_min,
                                                     UnixNanos start_max) {
  std::vector<SpanSourcePtr> inside;
  for (const SpanSourcePtr& source : scan.sources) {
    const storage::SourceStats& stats = source->stats();
    if (stats.start_max >= start_min && stats.start_min <= start_max) inside.push_back(source);
  }
  DependencyFinder finder(start_min, start_max);
  TRY(ForEachTree(
      scan, inside,
      [](const storage::SpanSource& source) { return source.ReadAll(storage::ReadExtent::kTree); },
      [&](const SpanColumns& columns) { return finder.AddSource(columns); }));
  // A parent is in the trace of its child: only those traces are read, wherever they are.
  if (const std::vector<TraceId> foreign = finder.ForeignTraces(); !foreign.empty()) {
    TRY(ForEachTree(
        scan, scan.sources,
        [&](const storage::SpanSource& source) {
          return source.ReadTraces(foreign, storage::ReadExtent::kTree);
        },
        [&](const SpanColumns& columns) -> Status {
          finder.ResolveForeign(columns);
          return {};
        }));
  }
  return finder.Links();
}

}  // namespace clew::query

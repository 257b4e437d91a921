#include "storage/format/tree_reader.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <numeric>
#include <optional>
#include <utility>

#include "storage/format/fetched_pages.h"

namespace clew::storage {
namespace {

using scan::TraceTrees;

class TreeReader {
 public:
  TreeReader(const ColumnReader& reader, const TraceTable& traces, scan::TreeParts parts)
      : pages_(std::make_shared<FetchedPages>(reader.pages())),
        reader_(reader, pages_),
        traces_(traces),
        parts_(parts) {}

  Result<scan::TraceTreesPtr> Read() {
    if (!traces_.damage.empty()) return nullptr;
    TRY(Fetch());
    trees_.first_rows = traces_.span_starts;
    trees_.ids.reserve(traces_.count());
    for (std::size_t trace = 0; trace < traces_.count(); ++trace) {
      trees_.ids.push_back(traces_.Id(trace));
    }
    TRY(Parents());
    if (parts_.span_ids) {
      ASSIGN_OR_RETURN(trees_.span_ids, SpanIds(ColumnField::kSpanId));
    }
    if (parts_.starts) TRY(Starts());
    if (parts_.calls) {
      TRY(AwayParents());
      TRY(Resources());
    }
    if (!gaps_.damage.empty() || !is_sound_) return nullptr;
    return std::make_shared<const TraceTrees>(std::move(trees_));
  }

 private:
  Status Fetch() {
    PagePlan plan;
    std::vector<ColumnField> fields{ColumnField::kParent};
    if (parts_.span_ids) fields.push_back(ColumnField::kSpanId);
    if (parts_.starts) fields.push_back(ColumnField::kStartOffset);
    if (parts_.calls) {
      fields.insert(fields.end(), {ColumnField::kForeignParent, ColumnField::kResource});
    }
    for (const ColumnField field : fields) {
      reader_.AddColumn(reader_.Required(field), /*are_zones_kept=*/false, &plan);
    }
    return pages_->Fetch(std::move(plan));
  }

  Result<std::vector<std::int64_t>> Numbers(ColumnField field) {
    return reader_.AllNumbers(reader_.Required(field), &gaps_);
  }

  Result<std::vector<SpanId>> SpanIds(ColumnField field) {
    ASSIGN_OR_RETURN(const std::string bytes,
                     reader_.AllFixedValues(reader_.Required(field), &gaps_));
    std::vector<SpanId> ids(bytes.size() / sizeof(SpanId));
    if (!ids.empty()) std::memcpy(ids.data(), bytes.data(), bytes.size());
    return ids;
  }

  // Stored are differences from the start of the trace, which wrap.
  Status Starts() {
    ASSIGN_OR_RETURN(trees_.starts, Numbers(ColumnField::kStartOffset));
    for (std::size_t trace = 0; trace < traces_.count(); ++trace) {
      const auto trace_start = static_cast<std::uint64_t>(traces_.start_times[trace]);
      for (std::uint32_t row = FirstOf(trace); row < FirstOf(trace + 1); ++row) {
        trees_.starts[row] =
            static_cast<UnixNanos>(trace_start + static_cast<std::uint64_t>(trees_.starts[row]));
      }
    }
    return {};
  }

  // Stored are rows in the trace, with 0 for none and 1 for one that is not here in front of them.
  Status Parents() {
    ASSIGN_OR_RETURN(const std::vector<std::int64_t> stored, Numbers(ColumnField::kParent));
    trees_.parents.resize(stored.size(), TraceTrees::kNoParent);
    for (std::size_t trace = 0; trace < traces_.count(); ++trace) {
      const std::uint32_t first = FirstOf(trace);
      const std::uint32_t end = FirstOf(trace + 1);
      for (std::uint32_t row = first; row < end; ++row) {
        if (stored[row] == 0) continue;
        // 0 for whatever cannot be.
        const bool can_be = stored[row] > 0 && stored[row] - 2 < end - first;
        if (!can_be) is_sound_ = false;
        const std::int64_t in_trace = can_be ? stored[row] - 2 : 0;
        trees_.parents[row] =
            in_trace == -1 ? TraceTrees::kParentAway : first + static_cast<std::uint32_t>(in_trace);
      }
    }
    return {};
  }

  // Of each row whose parent is not here there is an id.
  Status AwayParents() {
    const ColumnEntry& column = reader_.Required(ColumnField::kForeignParent);
    const auto row_count = static_cast<std::uint32_t>(trees_.parents.size());
    ASSIGN_OR_RETURN(trees_.away_parents, SpanIds(ColumnField::kForeignParent));
    auto rows = reader_.Rows(column, row_count);
    if (!rows.has_value()) {
      if (rows.error().code != Code::kDataLoss) return std::unexpected(std::move(rows).error());
      is_sound_ = false;
      return {};
    }
    trees_.away_rows = *std::move(rows);
    if (column.rows == RowsEncoding::kDense) {
      trees_.away_rows.resize(trees_.away_parents.size());
      std::iota(trees_.away_rows.begin(), trees_.away_rows.end(), 0u);
    }
    std::vector<std::uint32_t> expected;
    for (std::uint32_t row = 0; row < row_count; ++row) {
      if (trees_.parents[row] == TraceTrees::kParentAway) expected.push_back(row);
    }
    if (trees_.away_rows != expected) is_sound_ = false;
    return {};
  }

  Status Resources() {
    ASSIGN_OR_RETURN(const std::vector<std::int64_t> stored, Numbers(ColumnField::kResource));
    const std::int64_t resource_count = reader_.directory().stats.resource_count;
    trees_.resources.reserve(stored.size());
    for (const std::int64_t row : stored) {
      if (row < 0 || row >= resource_count) is_sound_ = false;
      trees_.resources.push_back(static_cast<std::uint32_t>(row));
    }
    return {};
  }

  std::uint32_t FirstOf(std::size_t trace) const { return traces_.span_starts[trace]; }

  const std::shared_ptr<FetchedPages> pages_;
  const ColumnReader reader_;
  const TraceTable& traces_;
  const scan::TreeParts parts_;
  TraceTrees trees_;
  Gaps gaps_;
  bool is_sound_ = true;
};

}  // namespace

Result<scan::TraceTreesPtr> ReadTrees(const ColumnReader& reader, const TraceTable& traces,
                                      scan::TreeParts parts) {
  return TreeReader(reader, traces, parts).Read();
}

}  // namespace clew::storage

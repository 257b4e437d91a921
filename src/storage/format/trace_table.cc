#include "storage/format/trace_table.h"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <utility>

namespace clew::storage {
namespace {

constexpr std::size_t kIdBytes = sizeof(TraceId::bytes);

}  // namespace

TraceId TraceTable::Id(std::size_t trace) const {
  TraceId id;
  if (!is_lost[trace]) std::memcpy(id.bytes.data(), ids.data() + trace * kIdBytes, kIdBytes);
  return id;
}

std::optional<std::size_t> TraceTable::Find(const TraceId& id) const {
  std::size_t low = 0;
  std::size_t high = count();
  while (low < high) {
    const std::size_t middle = (low + high) / 2;
    if (std::memcmp(ids.data() + middle * kIdBytes, id.bytes.data(), kIdBytes) < 0) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  // Of equal ones the first is the one that is not lost.
  if (low == count() || is_lost[low] || Id(low) != id) return std::nullopt;
  return low;
}

std::size_t TraceTable::TraceOf(std::uint32_t span_row) const {
  const auto next = std::ranges::upper_bound(span_starts, span_row);
  return static_cast<std::size_t>(next - span_starts.begin()) - 1;
}

namespace {

// Puts the table together from what of its columns can be read. Where the numbers of spans are
// lost, the traces from the first such to the last become one without an id.
class TraceTableLoader {
 public:
  explicit TraceTableLoader(const ColumnReader& reader)
      : reader_(reader),
        stats_(reader.directory().stats),
        trace_count_(reader.directory().trace_count) {}

  Result<TraceTable> Load() {
    TRY(Read());
    std::uint32_t lost_traces = 0;
    std::uint32_t lost_spans = 0;
    for (std::uint32_t trace = 0; trace < trace_count_;) {
      const std::uint32_t next = NextOf(trace);
      const bool is_lost = next - trace > 1 || is_id_lost_[trace];
      ASSIGN_OR_RETURN(const std::uint32_t span_count, SpansOf(trace, next));
      Add(trace, next, span_count, is_lost);
      if (is_lost) {
        lost_traces += next - trace;
        lost_spans += span_count;
      }
      trace = next;
    }
    if (table_.span_starts.back() != stats_.span_count) return std::unexpected(CountsError());
    TRY(CheckOrder());
    if (lost_traces > 0) {
      table_.damage.front().message +=
          fmt::format("; {} spans of {} traces are missing", lost_spans, lost_traces);
    }
    return std::move(table_);
  }

 private:
  Status Read() {
    const WantedRows all = WantedRows::Range(0, trace_count_, trace_count_);
    Gaps of_ids;
    Gaps of_counts;
    Gaps of_starts;
    ASSIGN_OR_RETURN(
        ids_, reader_.FixedValues(reader_.Required(ColumnField::kTraceId), all.rows, &of_ids));
    ASSIGN_OR_RETURN(
        counts_, reader_.AllNumbers(reader_.Required(ColumnField::kTraceSpanCount), &of_counts));
    ASSIGN_OR_RETURN(starts_,
                     reader_.AllNumbers(reader_.Required(ColumnField::kTraceStart), &of_starts));
    is_id_lost_ = Marks(of_ids);
    is_start_lost_ = Marks(of_starts);
    if (!of_counts.indexes.empty()) {
      first_lost_count_ = of_counts.indexes.front();
      last_lost_count_ = of_counts.indexes.back();
    }
    for (Gaps* gaps : {&of_ids, &of_counts, &of_starts}) {
      std::ranges::move(gaps->damage, std::back_inserter(table_.damage));
    }
    table_.span_starts.push_back(0);
    return {};
  }

  std::vector<bool> Marks(const Gaps& gaps) const {
    std::vector<bool> marks(trace_count_, false);
    for (const std::uint32_t index : gaps.indexes) marks[index] = true;
    return marks;
  }

  // The first trace behind those that are one row with `trace`.
  std::uint32_t NextOf(std::uint32_t trace) const {
    return trace == first_lost_count_ ? last_lost_count_ + 1 : trace + 1;
  }

  Error CountsError() const {
    return reader_.Describe(
        reader_.Required(ColumnField::kTraceSpanCount),
        Error{Code::kDataLoss, "they do not add up to the spans that there are"});
  }

  // DATA_LOSS when there cannot be so many.
  Result<std::uint32_t> SpansOf(std::uint32_t trace, std::uint32_t next) const {
    std::uint64_t count = static_cast<std::uint64_t>(counts_[trace]);
    std::uint64_t left = stats_.span_count - table_.span_starts.back();
    if (trace == first_lost_count_) {
      // What those behind leave.
      for (std::uint32_t i = next; i < trace_count_; ++i) {
        const auto behind = static_cast<std::uint64_t>(counts_[i]);
        if (behind > left) return std::unexpected(CountsError());
        left -= behind;
      }
      count = left;
    }
    if (count < next - trace || count > left) return std::unexpected(CountsError());
    return static_cast<std::uint32_t>(count);
  }

  void Add(std::uint32_t trace, std::uint32_t next, std::uint32_t span_count, bool is_lost) {
    const bool is_start_lost = is_start_lost_[trace] || next - trace > 1;
    table_.is_lost.push_back(is_lost);
    table_.is_start_lost.push_back(is_start_lost);
    table_.start_times.push_back(is_start_lost ? stats_.start_min : starts_[trace]);
    table_.span_starts.push_back(table_.span_starts.back() + span_count);
    std::string& ids = table_.ids;
    if (!is_lost) {
      ids.append(ids_, trace * kIdBytes, kIdBytes);
    } else if (ids.empty()) {
      ids.append(kIdBytes, '\0');
    } else {
      ids += ids.substr(ids.size() - kIdBytes);
    }
  }

  Status CheckOrder() const {
    std::optional<TraceId> last;
    for (std::size_t trace = 0; trace < table_.count(); ++trace) {
      if (table_.is_lost[trace]) continue;
      const TraceId id = table_.Id(trace);
      if (last && !(*last < id)) {
        return std::unexpected(reader_.Describe(reader_.Required(ColumnField::kTraceId),
                                                Error{Code::kDataLoss, "they are not in order"}));
      }
      last = id;
    }
    return {};
  }

  const ColumnReader& reader_;
  const scan::SourceStats& stats_;
  const std::uint32_t trace_count_;
  std::string ids_;
  std::vector<std::int64_t> counts_;
  std::vector<UnixNanos> starts_;
  std::vector<bool> is_id_lost_;
  std::vector<bool> is_start_lost_;
  // There are none when the first is behind the last trace.
  std::uint32_t first_lost_count_ = 0xffffffff;
  std::uint32_t last_lost_count_ = 0;
  TraceTable table_;
};

}  // namespace

Result<std::shared_ptr<const TraceTable>> ReadTraceTable(const ColumnReader& reader) {
  using LoadedTable = ScanCache::Loaded<TraceTable>;
  return reader.cache().Get<TraceTable>(reader.source_id(), "traces", [&]() -> Result<LoadedTable> {
    ASSIGN_OR_RETURN(TraceTable table, TraceTableLoader(reader).Load());
    const std::uint64_t size = table.ids.size() + table.count() * 12 + table.count() / 4;
    const bool is_whole = table.damage.empty();
    return LoadedTable{std::make_shared<const TraceTable>(std::move(table)), size, is_whole};
  });
}

}  // namespace clew::storage

#include "storage/format/trace_table.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "storage/format/fetched_pages.h"
#include "storage/format/position_runs.h"

namespace clew::storage {
namespace {

constexpr std::size_t kIdBytes = sizeof(TraceId::bytes);

int Compare(std::string_view stored, const TraceId& id) {
  return std::memcmp(stored.data(), id.bytes.data(), kIdBytes);
}

}  // namespace

IdPages::IdPages(std::string ids) {
  const Bytes all(std::move(ids));
  constexpr std::size_t kPageBytes = kZoneValues * kIdBytes;
  for (std::size_t begin = 0; begin < all.size(); begin += kPageBytes) {
    pages_.push_back(all.Share(all.view().substr(begin, kPageBytes)));
  }
}

std::size_t IdPages::count() const { return byte_size() / kIdBytes; }

std::uint64_t IdPages::byte_size() const {
  if (pages_.empty()) return 0;
  return (pages_.size() - 1) * kZoneValues * kIdBytes + pages_.back().size();
}

std::optional<std::size_t> IdPages::Find(const TraceId& id) const {
  std::size_t low = 0;
  std::size_t high = count();
  while (low < high) {
    const std::size_t middle = (low + high) / 2;
    if (Compare(At(middle), id) < 0) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  const bool is_there = low < count() && Compare(At(low), id) == 0;
  return is_there ? std::optional(low) : std::nullopt;
}

bool IdPages::Ascend() const {
  std::uint64_t before[2] = {0, 0};
  bool is_first = true;
  for (const Bytes& page : pages_) {
    for (std::size_t at = 0; at < page.size(); at += kIdBytes) {
      // As numbers, the first byte the highest.
      std::uint64_t id[2];
      std::memcpy(id, page.view().data() + at, kIdBytes);
      for (std::uint64_t& half : id) half = std::byteswap(half);
      const bool is_more = id[0] > before[0] || (id[0] == before[0] && id[1] > before[1]);
      if (!is_more && !is_first) return false;
      is_first = false;
      std::memcpy(before, id, kIdBytes);
    }
  }
  return true;
}

TraceId TraceTable::Id(std::size_t trace) const {
  TraceId id;
  if (!is_lost[trace]) std::memcpy(id.bytes.data(), ids.At(trace).data(), kIdBytes);
  return id;
}

std::optional<std::size_t> TraceTable::Find(const TraceId& id) const {
  const auto place = ids.Find(id);
  // Of equal ones the first is the one that is not lost.
  return place && !is_lost[*place] ? place : std::nullopt;
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
      : pages_(std::make_shared<FetchedPages>(reader.pages())),
        reader_(reader, pages_),
        stats_(reader.directory().stats),
        trace_count_(reader.directory().trace_count) {}

  Result<TraceTable> Load() {
    TRY(Read());
    if (table_.damage.empty()) return LoadWhole();
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
    table_.ids = IdPages(std::move(found_ids_));
    TRY(CheckOrder());
    if (lost_traces > 0) {
      table_.damage.front().message +=
          fmt::format("; {} spans of {} traces are missing", lost_spans, lost_traces);
    }
    return std::move(table_);
  }

 private:
  // Nothing is lost, as in nearly all: no trace has to be looked at by itself.
  Result<TraceTable> LoadWhole() {
    table_.span_starts.reserve(trace_count_ + 1);
    std::uint64_t end = 0;
    for (const std::int64_t count : counts_) {
      if (count < 1 || std::cmp_greater(count, stats_.span_count - end)) {
        return std::unexpected(CountsError());
      }
      end += static_cast<std::uint64_t>(count);
      table_.span_starts.push_back(static_cast<std::uint32_t>(end));
    }
    if (end != stats_.span_count) return std::unexpected(CountsError());
    table_.ids = std::move(id_pages_);
    table_.start_times = std::move(starts_);
    table_.is_lost.assign(trace_count_, false);
    table_.is_start_lost.assign(trace_count_, false);
    if (!table_.ids.Ascend()) return std::unexpected(OrderError());
    return std::move(table_);
  }

  Status Read() {
    PagePlan plan;
    for (const ColumnField field :
         {ColumnField::kTraceId, ColumnField::kTraceSpanCount, ColumnField::kTraceStart}) {
      reader_.AddColumn(reader_.Required(field), field == ColumnField::kTraceId, &plan);
    }
    TRY(pages_->Fetch(std::move(plan)));
    Gaps of_ids;
    Gaps of_counts;
    Gaps of_starts;
    TRY(ReadIds(&of_ids));
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

  // As pages when all are there, else one by one.
  Status ReadIds(Gaps* gaps) {
    const ColumnEntry& column = reader_.Required(ColumnField::kTraceId);
    auto pages =
        reader_.IdPages(column, AllPositions(static_cast<std::uint32_t>(column.zone_count())));
    if (pages.has_value()) {
      id_pages_ = IdPages(*std::move(pages));
      return {};
    }
    if (pages.error().code != Code::kDataLoss) return std::unexpected(std::move(pages).error());
    ASSIGN_OR_RETURN(ids_, reader_.FixedValues(column, AllPositions(column.value_count), gaps));
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

  Error OrderError() const {
    return reader_.Describe(reader_.Required(ColumnField::kTraceId),
                            Error{Code::kDataLoss, "they are not in order"});
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
    std::string& ids = found_ids_;
    if (!is_lost) {
      ids += id_pages_.count() > 0 ? id_pages_.At(trace)
                                   : std::string_view(ids_).substr(trace * kIdBytes, kIdBytes);
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
      if (last && !(*last < id)) return std::unexpected(OrderError());
      last = id;
    }
    return {};
  }

  const std::shared_ptr<FetchedPages> pages_;
  const ColumnReader reader_;
  const scan::SourceStats& stats_;
  const std::uint32_t trace_count_;
  IdPages id_pages_;
  std::string ids_;        // when there are no pages
  std::string found_ids_;  // of what is damaged
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

Result<std::vector<TraceId>> SelectTraces(const ColumnReader& reader,
                                          std::span<const TraceId> wanted) {
  const ColumnEntry& column = reader.Required(ColumnField::kTraceId);
  std::vector<std::uint32_t> zones;
  for (std::uint32_t zone = 0; zone < column.zone_count(); ++zone) {
    // Before version 3 nothing is known of zones.
    const auto bounds = std::string_view(column.id_bounds);
    const auto may_have = [&](const TraceId& id) {
      return Compare(bounds.substr(zone * 2 * kIdBytes), id) <= 0 &&
             Compare(bounds.substr((zone * 2 + 1) * kIdBytes), id) >= 0;
    };
    if (bounds.empty() || std::ranges::any_of(wanted, may_have)) zones.push_back(zone);
  }
  std::vector<TraceId> found;
  auto pages = reader.IdPages(column, zones);
  if (!pages.has_value() && pages.error().code != Code::kDataLoss) {
    return std::unexpected(reader.Describe(column, pages.error()));
  }
  const std::vector<TraceId> all(wanted.begin(), wanted.end());
  if (!pages.has_value()) return all;
  const IdPages ids(*std::move(pages));
  for (const TraceId& id : wanted) {
    if (ids.Find(id)) found.push_back(id);
  }
  // What is out of order is not found.
  const bool is_sound = found.size() == all.size() || ids.Ascend();
  return is_sound ? found : all;
}

namespace {

constexpr std::string_view kTableName = "traces";

}  // namespace

std::shared_ptr<const TraceTable> KnownTraceTable(const ColumnReader& reader) {
  return reader.cache().Known<TraceTable>(
      {.source_id = reader.source_id(), .name = std::string(kTableName)});
}

Result<std::shared_ptr<const TraceTable>> ReadTraceTable(const ColumnReader& reader) {
  using LoadedTable = ScanCache::Loaded<TraceTable>;
  return reader.cache().Get<TraceTable>(
      reader.source_id(), std::string(kTableName), [&]() -> Result<LoadedTable> {
        ASSIGN_OR_RETURN(TraceTable table, TraceTableLoader(reader).Load());
        std::uint64_t size = table.count() * 12 + table.count() / 4;
        auto parts = reader.KeysOf(reader.Required(ColumnField::kTraceId).pages);
        if (parts.empty()) size += table.ids.byte_size();
        const bool is_whole = table.damage.empty();
        return LoadedTable{std::make_shared<const TraceTable>(std::move(table)), size, is_whole,
                           std::move(parts)};
      });
}

}  // namespace clew::storage

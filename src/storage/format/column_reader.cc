#include "storage/format/column_reader.h"

#include <algorithm>
#include <iterator>
#include <numeric>
#include <optional>
#include <string>
#include <utility>

#include "storage/format/column_schema.h"
#include "storage/format/fetched_pages.h"

namespace clew::storage {
namespace {

// Counts what is read of others.
class CountedPages final : public PageReader {
 public:
  CountedPages(std::shared_ptr<const PageReader> pages, std::shared_ptr<scan::ReadCounts> counts,
               const RowGroupDirectory& directory)
      : pages_(std::move(pages)), counts_(std::move(counts)) {
    for (const ColumnEntry& column : directory.columns) {
      page_count_ += static_cast<std::uint64_t>(
          std::ranges::count_if(column.pages, [](auto& page) { return page.length > 0; }));
    }
  }
  Result<std::vector<Bytes>> Read(const PagePlan& plan) const override {
    for (const auto* pages : {&plan.kept, &plan.once}) {
      for (const PageRef& page : *pages) {
        if (page.length > 0) counts_->AddPage(page.length, page_count_);
      }
    }
    return pages_->Read(plan);
  }
  std::optional<std::uint64_t> cached_as() const override { return pages_->cached_as(); }
  void CountOutOfRange(std::size_t page_count) const override {
    counts_->AddOutOfRange(page_count);
  }
  std::string name() const override { return pages_->name(); }

 private:
  const std::shared_ptr<const PageReader> pages_;
  const std::shared_ptr<scan::ReadCounts> counts_;
  std::uint64_t page_count_ = 0;
};

// False when it is known that none of the rows, which ascend, has a value.
bool MayHave(const ColumnEntry& column, std::span<const std::uint32_t> rows) {
  if (column.row_counts.empty()) return true;
  for (auto row = rows.begin(); row != rows.end();) {
    const std::uint32_t zone = *row / kZoneValues;
    if (column.row_counts[zone] > 0) return true;
    row = std::lower_bound(row, rows.end(), (zone + 1) * kZoneValues);
  }
  return false;
}

}  // namespace

WantedRows WantedRows::Range(std::uint32_t first, std::uint32_t last, std::uint32_t row_count) {
  WantedRows wanted;
  wanted.table_row_count = row_count;
  wanted.rows.resize(last - first);
  std::iota(wanted.rows.begin(), wanted.rows.end(), first);
  return wanted;
}

ColumnReader::ColumnReader(std::shared_ptr<const RowGroupDirectory> directory,
                           std::shared_ptr<const PageReader> pages, ScanCache& cache,
                           std::uint64_t source_id)
    : directory_(std::move(directory)),
      pages_(std::move(pages)),
      cache_(cache),
      source_id_(source_id) {}

ColumnReader::ColumnReader(const ColumnReader& uncounted,
                           const std::shared_ptr<scan::ReadCounts>& counts)
    : ColumnReader(uncounted, std::make_shared<CountedPages>(uncounted.pages_, counts,
                                                             *uncounted.directory_)) {}

ColumnReader::ColumnReader(const ColumnReader& reader, std::shared_ptr<const PageReader> pages)
    : ColumnReader(reader.directory_, std::move(pages), reader.cache_, reader.source_id_) {}

Result<ColumnReader> ColumnReader::Fetched(PagePlan plan) const {
  auto pages = std::make_shared<FetchedPages>(pages_);
  TRY(pages->Fetch(std::move(plan)));
  return ColumnReader(*this, std::move(pages));
}

void ColumnReader::AddColumn(const ColumnEntry& column, bool are_zones_kept, PagePlan* plan) const {
  const std::span<const PageRef> pages = column.pages;
  const auto zones = pages.subspan(column.first_zone_page());
  std::ranges::copy(pages.first(column.first_value_page()), std::back_inserter(plan->kept));
  std::ranges::copy(zones, std::back_inserter(are_zones_kept ? plan->kept : plan->once));
  for (std::size_t i = 0; i < column.chunk_count(); ++i) {
    if (!cache_.Has(ChunkKey(column, i))) {
      plan->once.push_back(pages[column.first_value_page() + i]);
    }
  }
}

void ColumnReader::AddZones(const ColumnEntry& column, std::span<const std::uint32_t> positions,
                            PagePlan* plan) const {
  const auto zones = std::span(column.pages).subspan(column.first_zone_page());
  if (zones.empty()) return;
  std::uint32_t next = 0;  // the first zone that is not added
  for (const std::uint32_t position : positions) {
    const std::uint32_t zone = position / kZoneValues;
    if (zone < next) continue;
    plan->kept.push_back(zones[zone]);
    next = zone + 1;
  }
}

std::vector<ScanCache::Key> ColumnReader::KeysOf(std::span<const PageRef> pages) const {
  std::vector<ScanCache::Key> keys;
  const std::optional<std::uint64_t> source_id = pages_->cached_as();
  if (!source_id) return keys;
  for (const PageRef& page : pages) {
    if (page.length > 0) keys.push_back({.source_id = *source_id, .offset = page.offset});
  }
  return keys;
}

std::vector<ScanCache::Key> ColumnReader::PartsOf(const ColumnEntry& column,
                                                  bool are_zones_kept) const {
  std::vector<ScanCache::Key> keys;
  if (are_zones_kept) keys = KeysOf(std::span(column.pages).subspan(column.first_zone_page()));
  for (std::size_t i = 0; i < column.chunk_count(); ++i) {
    if (column.pages[column.first_value_page() + i].length > 0) keys.push_back(ChunkKey(column, i));
  }
  return keys;
}

Error ColumnReader::Describe(const ColumnEntry& column, const Error& error) const {
  Error described = error;
  // Others name the object themselves.
  if (error.code == Code::kDataLoss) {
    described.message = fmt::format("{}: {}: {}", pages_->name(), NameOf(column), error.message);
  }
  return described;
}

Status ColumnReader::NoteGap(const ColumnEntry& column, const Error& error, std::size_t first,
                             std::size_t count, Gaps* gaps) const {
  Error described = Describe(column, error);
  if (error.code != Code::kDataLoss) return std::unexpected(std::move(described));
  for (std::size_t i = 0; i < count; ++i) {
    gaps->indexes.push_back(static_cast<std::uint32_t>(first + i));
  }
  // A page that is wanted in several runs is one piece.
  if (gaps->damage.empty() || gaps->damage.back().message != described.message) {
    gaps->damage.push_back(std::move(described));
  }
  return {};
}

std::uint32_t ColumnReader::RowCountOf(model::Owner owner) const {
  return storage::RowCountOf(*directory_, TableOf(owner));
}

Result<Bytes> ColumnReader::ReadPage(const ColumnEntry& column, std::size_t index) const {
  const PageRef& page = column.pages[index];
  return page.length == 0 ? Bytes() : pages_->ReadOne(page);
}

Result<Bytes> ColumnReader::ReadOnce(const ColumnEntry& column, std::size_t index) const {
  const PageRef& page = column.pages[index];
  if (page.length == 0) return Bytes();
  ASSIGN_OR_RETURN(std::vector<Bytes> pages, pages_->Read({.once = {page}}));
  return std::move(pages.front());
}

Result<std::vector<Bytes>> ColumnReader::KeptZones(const ColumnEntry& column,
                                                   std::span<const std::uint32_t> indexes) const {
  PagePlan plan;
  for (const std::uint32_t zone : indexes) {
    plan.kept.push_back(column.pages[column.first_zone_page() + zone]);
  }
  ASSIGN_OR_RETURN(std::vector<Bytes> pages, pages_->Read(plan));
  if (pages_->cached_as()) return pages;
  for (Bytes& page : pages) page = Bytes(std::string(page.view()));
  return pages;
}

Result<std::vector<Bytes>> ColumnReader::ZonesOnce(const ColumnEntry& column) const {
  // Before version 3 a column without values has a page, and no zone.
  const auto zones = std::span(column.pages).subspan(column.first_zone_page(), column.zone_count());
  return pages_->Read({.once = {zones.begin(), zones.end()}});
}

Result<RowSlice> ColumnReader::Slice(const ColumnEntry& column, const WantedRows& wanted,
                                     Damage* damage) const {
  if (wanted.rows.empty() || !MayHave(column, wanted.rows)) return RowSlice();
  const auto slice = [&]() -> Result<RowSlice> {
    Bytes page;
    if (column.rows != RowsEncoding::kDense) {
      ASSIGN_OR_RETURN(page, ReadPage(column, 0));
    }
    return SliceRows(column.rows, page.view(), column.value_count, wanted.table_row_count,
                     wanted.rows);
  }();
  if (slice.has_value()) return slice;
  Error error = Describe(column, slice.error());
  if (error.code != Code::kDataLoss) return std::unexpected(std::move(error));
  damage->push_back(std::move(error));
  return RowSlice();
}

Result<std::vector<std::uint32_t>> ColumnReader::Rows(const ColumnEntry& column,
                                                      std::uint32_t row_count) const {
  if (column.rows == RowsEncoding::kDense) return std::vector<std::uint32_t>();
  auto rows = [&]() -> Result<std::vector<std::uint32_t>> {
    ASSIGN_OR_RETURN(const Bytes page, ReadPage(column, 0));
    return DecodeRows(column.rows, page.view(), column.value_count, row_count);
  }();
  if (!rows.has_value()) return std::unexpected(Describe(column, rows.error()));
  return rows;
}

Result<std::shared_ptr<const OverflowColumns>> ColumnReader::Overflow() const {
  const ColumnEntry* column = directory_->Find(ColumnField::kOverflow);
  if (column == nullptr) return std::shared_ptr<const OverflowColumns>();
  using LoadedColumns = ScanCache::Loaded<OverflowColumns>;
  auto loaded = cache_.Get<OverflowColumns>(source_id_, "overflow", [&]() -> Result<LoadedColumns> {
    ASSIGN_OR_RETURN(const Bytes page, ReadOnce(*column, column->first_value_page()));
    ASSIGN_OR_RETURN(OverflowColumns columns, DecodeOverflow(page.view(), kColumnTextBytesMax));
    std::uint64_t size = columns.bytes.size();
    for (const OverflowColumn& overflow : columns.columns) {
      size += overflow.rows.size() * 28;
      const std::uint32_t row_count = RowCountOf(overflow.owner);
      if (!overflow.rows.empty() && overflow.rows.back() >= row_count) {
        return DataLoss("row {} of {}", overflow.rows.back(), row_count);
      }
    }
    return LoadedColumns{std::make_shared<const OverflowColumns>(std::move(columns)), size};
  });
  if (!loaded.has_value()) return std::unexpected(Describe(*column, loaded.error()));
  return loaded;
}

}  // namespace clew::storage

#include "storage/format/column_reader.h"

#include <algorithm>
#include <iterator>
#include <numeric>
#include <string>
#include <utility>

#include "storage/format/column_schema.h"

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
  Result<Bytes> Read(const PageRef& page) const override {
    counts_->AddPage(page.length, page_count_);
    return pages_->Read(page);
  }
  Result<std::vector<Bytes>> ReadTogether(std::span<const PageRef> pages) const override {
    for (const PageRef& page : pages) counts_->AddPage(page.length, page_count_);
    return pages_->ReadTogether(pages);
  }
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
  const std::size_t first = rows.front() / kZoneValues;
  const std::size_t last = rows.back() / kZoneValues;
  const auto zones = std::span(column.row_counts).subspan(first, last - first + 1);
  return std::ranges::any_of(zones, [](std::uint32_t count) { return count > 0; });
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
    : ColumnReader(uncounted.directory_,
                   std::make_shared<CountedPages>(uncounted.pages_, counts, *uncounted.directory_),
                   uncounted.cache_, uncounted.source_id_) {}

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
  return page.length == 0 ? Bytes() : pages_->Read(page);
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
    ASSIGN_OR_RETURN(const Bytes page, ReadOnce(column, 0));
    return DecodeRows(column.rows, page.view(), column.value_count, row_count);
  }();
  if (!rows.has_value()) return std::unexpected(Describe(column, rows.error()));
  return rows;
}

Result<Bytes> ColumnReader::ReadOnce(const ColumnEntry& column, std::size_t index) const {
  ASSIGN_OR_RETURN(std::vector<Bytes> pages, ReadTogether(column, index, 1));
  return std::move(pages.front());
}

Result<std::vector<Bytes>> ColumnReader::ReadTogether(std::span<const PageRef> refs) const {
  std::vector<PageRef> wanted;
  std::ranges::copy_if(refs, std::back_inserter(wanted),
                       [](auto& page) { return page.length > 0; });
  if (wanted.empty()) return std::vector<Bytes>(refs.size());
  ASSIGN_OR_RETURN(std::vector<Bytes> read, pages_->ReadTogether(wanted));
  if (wanted.size() == refs.size()) return read;
  std::vector<Bytes> pages(refs.size());
  auto next = read.begin();
  for (std::size_t i = 0; i < refs.size(); ++i) {
    if (refs[i].length > 0) pages[i] = std::move(*next++);
  }
  return pages;
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

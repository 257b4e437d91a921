#include "storage/format/column_reader.h"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <optional>
#include <string>
#include <utility>

#include "storage/encoding/number_page.h"
#include "storage/format/column_schema.h"

namespace clew::storage {
namespace {

std::vector<std::uint32_t> AllPositions(std::uint32_t value_count) {
  std::vector<std::uint32_t> positions(value_count);
  std::iota(positions.begin(), positions.end(), 0u);
  return positions;
}

// Calls `visit(zone, first, count)` for each run of positions that lie in one zone one after the
// other: positions[first] … positions[first + count - 1].
template <typename Visit>
Status ForEachRun(std::span<const std::uint32_t> positions, Visit visit) {
  std::size_t first = 0;
  while (first < positions.size()) {
    const std::uint32_t zone = positions[first] / kZoneValues;
    std::size_t end = first + 1;
    while (end < positions.size() && positions[end] == positions[end - 1] + 1 &&
           positions[end] / kZoneValues == zone) {
      ++end;
    }
    TRY(visit(zone, first, end - first));
    first = end;
  }
  return {};
}

std::string WhatOf(std::string_view kind, const ColumnEntry& column) {
  std::string what(kind);
  what += ' ';
  what += std::to_string(static_cast<int>(column.field)) + ' ' +
          std::to_string(static_cast<int>(column.owner)) + ' ' +
          std::to_string(static_cast<int>(column.type)) + ' ' + column.key;
  return what;
}

// Counts what is read of others.
class CountedPages final : public PageReader {
 public:
  CountedPages(std::shared_ptr<const PageReader> pages, std::shared_ptr<scan::ReadCounts> counts,
               const RowGroupDirectory& directory)
      : pages_(std::move(pages)), counts_(std::move(counts)) {
    for (const ColumnEntry& column : directory.columns) page_count_ += column.pages.size();
  }
  Result<Bytes> Read(const PageRef& page) const override {
    counts_->AddPage(page.length, page_count_);
    return pages_->Read(page);
  }
  Result<std::vector<Bytes>> ReadTogether(std::span<const PageRef> pages) const override {
    for (const PageRef& page : pages) counts_->AddPage(page.length, page_count_);
    return pages_->ReadTogether(pages);
  }
  std::string name() const override { return pages_->name(); }

 private:
  const std::shared_ptr<const PageReader> pages_;
  const std::shared_ptr<scan::ReadCounts> counts_;
  std::uint64_t page_count_ = 0;
};

Error CodesError() { return {Code::kDataLoss, "codes that are not in the dictionary"}; }

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

Result<Bytes> ColumnReader::ValuePage(const ColumnEntry& column, std::size_t index) const {
  return pages_->Read(column.pages[column.first_value_page() + index]);
}

std::uint32_t ColumnReader::RowCountOf(model::Owner owner) const {
  return storage::RowCountOf(*directory_, TableOf(owner));
}

Result<RowSlice> ColumnReader::Slice(const ColumnEntry& column, const WantedRows& wanted,
                                     Damage* damage) const {
  if (wanted.rows.empty()) return RowSlice();
  const auto slice = [&]() -> Result<RowSlice> {
    Bytes page;
    if (column.rows != RowsEncoding::kDense) {
      ASSIGN_OR_RETURN(page, pages_->Read(column.pages.front()));
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

template <typename Number>
Result<std::vector<Number>> ColumnReader::ReadNumbers(const ColumnEntry& column,
                                                      std::size_t first_page,
                                                      std::span<const std::uint32_t> positions,
                                                      Gaps* gaps) const {
  std::vector<Number> numbers(positions.size());
  Bytes bytes;
  std::optional<NumberPage> page;
  std::optional<std::uint32_t> page_zone;
  Status status;
  TRY(ForEachRun(
      positions, [&](std::uint32_t zone, std::size_t first, std::size_t count) -> Status {
        if (page_zone != zone) {
          page_zone = zone;
          status = [&]() -> Status {
            ASSIGN_OR_RETURN(bytes, ValuePage(column, first_page + zone));
            ASSIGN_OR_RETURN(page, NumberPage::Open(bytes.view()));
            const std::uint32_t wanted =
                std::min(kZoneValues, column.value_count - zone * kZoneValues);
            if (page->count() == wanted) return {};
            return DataLoss("{} values in zone {} instead of {}", page->count(), zone, wanted);
          }();
        }
        if (!status.has_value()) return NoteGap(column, status.error(), first, count, gaps);
        page->Read(positions[first] % kZoneValues, std::span(numbers).subspan(first, count));
        return {};
      }));
  return numbers;
}

Result<std::vector<std::int64_t>> ColumnReader::Numbers(const ColumnEntry& column,
                                                        std::span<const std::uint32_t> positions,
                                                        Gaps* gaps) const {
  return ReadNumbers<std::int64_t>(column, 0, positions, gaps);
}

Result<std::vector<std::string_view>> ColumnReader::Texts(const ColumnEntry& column,
                                                          std::span<const std::uint32_t> positions,
                                                          std::vector<Bytes>* memory,
                                                          Gaps* gaps) const {
  if (positions.empty() || column.values == ValuesEncoding::kNone) {
    return std::vector<std::string_view>(positions.size());
  }
  if (column.values == ValuesEncoding::kPlain) return PlainTexts(column, positions, memory, gaps);
  std::vector<std::string_view> texts(positions.size());
  const auto dictionary = DictionaryOf(column);
  if (!dictionary.has_value()) {
    TRY(NoteGap(column, dictionary.error(), 0, positions.size(), gaps));
    return texts;
  }
  ASSIGN_OR_RETURN(const std::vector<std::uint32_t> codes,
                   ReadNumbers<std::uint32_t>(column, 1, positions, gaps));
  memory->emplace_back(*dictionary, std::string_view());
  std::size_t next_gap = 0;
  std::vector<std::uint32_t> unknown;
  for (std::uint32_t i = 0; i < codes.size(); ++i) {
    if (next_gap < gaps->indexes.size() && gaps->indexes[next_gap] == i) {
      ++next_gap;
      unknown.push_back(i);
    } else if (codes[i] < (*dictionary)->count()) {
      texts[i] = (*dictionary)->Get(codes[i]);
    } else {
      unknown.push_back(i);
    }
  }
  if (unknown.size() > gaps->indexes.size()) {
    gaps->damage.push_back(Describe(column, CodesError()));
    gaps->indexes = std::move(unknown);
  }
  return texts;
}

Result<std::shared_ptr<const Texts>> ColumnReader::PlainZone(const ColumnEntry& column,
                                                             std::uint32_t zone) const {
  ASSIGN_OR_RETURN(const Bytes page, ValuePage(column, zone));
  ASSIGN_OR_RETURN(storage::Texts texts, DecodeTexts(page.view(), kColumnTextBytesMax));
  const std::uint32_t wanted = std::min(kZoneValues, column.value_count - zone * kZoneValues);
  if (texts.count() != wanted) {
    return DataLoss("{} values in zone {} instead of {}", texts.count(), zone, wanted);
  }
  return std::make_shared<const storage::Texts>(std::move(texts));
}

Result<std::vector<std::string_view>> ColumnReader::PlainTexts(
    const ColumnEntry& column, std::span<const std::uint32_t> positions, std::vector<Bytes>* memory,
    Gaps* gaps) const {
  std::vector<std::string_view> texts(positions.size());
  std::uint64_t size = 0;
  std::optional<std::uint32_t> zone_index;
  Result<std::shared_ptr<const storage::Texts>> zone;
  TRY(ForEachRun(positions,
                 [&](std::uint32_t wanted_zone, std::size_t first, std::size_t count) -> Status {
                   if (zone_index != wanted_zone) {
                     zone_index = wanted_zone;
                     zone = PlainZone(column, wanted_zone);
                     if (zone.has_value()) {
                       size += (*zone)->bytes.size();
                       memory->emplace_back(*zone, std::string_view());
                     }
                     if (size > kColumnTextBytesMax)
                       zone = DataLoss("more than {} bytes of text", kColumnTextBytesMax);
                   }
                   if (!zone.has_value()) return NoteGap(column, zone.error(), first, count, gaps);
                   for (std::size_t i = first; i < first + count; ++i) {
                     texts[i] = (*zone)->Get(positions[i] % kZoneValues);
                   }
                   return {};
                 }));
  return texts;
}

Result<std::string> ColumnReader::FixedValues(const ColumnEntry& column,
                                              std::span<const std::uint32_t> positions,
                                              Gaps* gaps) const {
  const std::size_t width = column.values == ValuesEncoding::kFixed16 ? 16 : 8;
  std::string values(positions.size() * width, '\0');
  std::optional<std::uint32_t> page_zone;
  Result<Bytes> page;
  TRY(ForEachRun(
      positions, [&](std::uint32_t zone, std::size_t first, std::size_t count) -> Status {
        if (page_zone != zone) {
          page_zone = zone;
          page = ValuePage(column, zone);
          const std::size_t wanted =
              std::min(kZoneValues, column.value_count - zone * kZoneValues) * width;
          if (page.has_value() && page->size() != wanted) {
            page = DataLoss("{} bytes in zone {} instead of {}", page->size(), zone, wanted);
          }
        }
        if (!page.has_value()) return NoteGap(column, page.error(), first, count, gaps);
        const std::size_t begin = positions[first] % kZoneValues * width;
        std::memcpy(values.data() + first * width, page->view().data() + begin, count * width);
        return {};
      }));
  return values;
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

Result<std::vector<std::int64_t>> ColumnReader::AllNumbers(const ColumnEntry& column,
                                                           Gaps* gaps) const {
  // All at once. Where that fails they are read zone by zone, which tells what is lost.
  auto numbers = [&]() -> Result<std::vector<std::int64_t>> {
    ASSIGN_OR_RETURN(const std::vector<Bytes> pages, ZonePages(column));
    std::vector<std::int64_t> all(column.value_count);
    for (std::size_t i = 0; i < pages.size() && !all.empty(); ++i) {
      const auto zone = std::span(all).subspan(i * kZoneValues);
      ASSIGN_OR_RETURN(const NumberPage page, NumberPage::Open(pages[i].view()));
      const auto wanted =
          static_cast<std::uint32_t>(std::min<std::size_t>(kZoneValues, zone.size()));
      if (page.count() != wanted) return DataLoss("{} values instead of {}", page.count(), wanted);
      page.Read(0, zone.first(wanted));
    }
    return all;
  }();
  if (numbers.has_value() || numbers.error().code != Code::kDataLoss) return numbers;
  return Numbers(column, AllPositions(column.value_count), gaps);
}

Result<std::shared_ptr<const Texts>> ColumnReader::DictionaryOf(const ColumnEntry& column) const {
  using LoadedTexts = ScanCache::Loaded<storage::Texts>;
  return cache_.Get<storage::Texts>(
      source_id_, WhatOf("dictionary", column), [&]() -> Result<LoadedTexts> {
        ASSIGN_OR_RETURN(const Bytes page, ReadOnce(column, column.first_value_page()));
        ASSIGN_OR_RETURN(storage::Texts texts, DecodeTexts(page.view(), kColumnTextBytesMax));
        const std::uint64_t size = texts.bytes.size() + texts.offsets.size() * 4;
        return LoadedTexts{std::make_shared<const storage::Texts>(std::move(texts)), size};
      });
}

Result<std::vector<std::uint32_t>> ColumnReader::AllCodes(const ColumnEntry& column,
                                                          std::size_t dictionary_count,
                                                          Gaps* gaps) const {
  ASSIGN_OR_RETURN(std::vector<std::uint32_t> codes,
                   ReadNumbers<std::uint32_t>(column, 1, AllPositions(column.value_count), gaps));
  const auto does_fit = [&](std::uint32_t code) { return code < dictionary_count; };
  // Codes that are lost read as 0.
  if (std::ranges::all_of(codes, does_fit)) return codes;
  Gaps all;
  TRY(NoteGap(column, CodesError(), 0, codes.size(), &all));
  *gaps = std::move(all);
  std::ranges::fill(codes, 0);
  return codes;
}

Result<std::vector<Bytes>> ColumnReader::ZonePages(const ColumnEntry& column) const {
  const std::size_t first = column.values == ValuesEncoding::kDictionary ? 1 : 0;
  return pages_->ReadTogether(std::span(column.pages).subspan(column.first_value_page() + first));
}

Result<Bytes> ColumnReader::ReadOnce(const ColumnEntry& column, std::size_t index) const {
  ASSIGN_OR_RETURN(const std::vector<Bytes> pages,
                   pages_->ReadTogether(std::span(column.pages).subspan(index, 1)));
  return pages.front();
}

Result<std::string> ColumnReader::AllFixedValues(const ColumnEntry& column, Gaps* gaps) const {
  const std::size_t width = column.values == ValuesEncoding::kFixed16 ? 16 : 8;
  auto values = [&]() -> Result<std::string> {
    ASSIGN_OR_RETURN(const std::vector<Bytes> pages, ZonePages(column));
    std::string all;
    all.reserve(column.value_count * width);
    for (const Bytes& page : pages) {
      const std::size_t wanted =
          std::min<std::size_t>(kZoneValues, column.value_count - all.size() / width) * width;
      if (page.size() != wanted) return DataLoss("{} bytes instead of {}", page.size(), wanted);
      all += page.view();
    }
    return all;
  }();
  if (values.has_value() || values.error().code != Code::kDataLoss) return values;
  return FixedValues(column, AllPositions(column.value_count), gaps);
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

#include "storage/column_reader.h"

#include <algorithm>
#include <numeric>
#include <optional>
#include <string>
#include <utility>

#include "storage/encoding/number_page.h"

namespace clew::storage {
namespace {

// No column of a row group is larger; a page that claims more is corrupt.
constexpr std::uint64_t kTextBytesMax = 1ull << 30;

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

}  // namespace

WantedRows WantedRows::Range(std::uint32_t first, std::uint32_t last, std::uint32_t row_count) {
  WantedRows wanted;
  wanted.table_row_count = row_count;
  wanted.rows.resize(last - first);
  std::iota(wanted.rows.begin(), wanted.rows.end(), first);
  return wanted;
}

ColumnReader::ColumnReader(std::shared_ptr<const RowGroupDirectory> directory,
                           std::shared_ptr<const PageReader> pages, ScanCache& cache)
    : directory_(std::move(directory)),
      pages_(std::move(pages)),
      cache_(cache),
      source_id_(cache.NewSourceId()) {}

Result<Bytes> ColumnReader::ValuePage(const ColumnEntry& column, std::size_t index) const {
  const std::size_t page = column.first_value_page() + index;
  if (page >= column.pages.size()) {
    return DataLoss("column \"{}\": page {} of {}", column.key, page, column.pages.size());
  }
  return pages_->Read(column.pages[page]);
}

Result<const ColumnEntry*> ColumnReader::Required(ColumnField field) const {
  const ColumnEntry* column = directory_->Find(field);
  if (column == nullptr) return DataLoss("row group: no column {}", static_cast<int>(field));
  return column;
}

std::uint32_t ColumnReader::RowCountOf(model::Owner owner) const {
  const SourceStats& stats = directory_->stats;
  switch (owner) {
    case model::Owner::kResource:
      return stats.resource_count;
    case model::Owner::kScope:
      return stats.scope_count;
    case model::Owner::kEvent:
      return stats.event_count;
    case model::Owner::kLink:
      return stats.link_count;
    case model::Owner::kSpan:
      break;
  }
  return stats.span_count;
}

Result<RowSlice> ColumnReader::Slice(const ColumnEntry& column, const WantedRows& wanted) const {
  if (wanted.rows.empty()) return RowSlice();
  Bytes page;
  if (column.rows != RowsEncoding::kDense) {
    ASSIGN_OR_RETURN(page, pages_->Read(column.pages.front()));
  }
  return SliceRows(column.rows, page.view(), column.value_count, wanted.table_row_count,
                   wanted.rows);
}

template <typename Number>
Result<std::vector<Number>> ColumnReader::ReadNumbers(
    const ColumnEntry& column, std::size_t first_page,
    std::span<const std::uint32_t> positions) const {
  std::vector<Number> numbers(positions.size());
  Bytes bytes;
  std::optional<NumberPage> page;
  std::uint32_t page_zone = 0;
  TRY(ForEachRun(positions,
                 [&](std::uint32_t zone, std::size_t first, std::size_t count) -> Status {
                   if (!page || page_zone != zone) {
                     ASSIGN_OR_RETURN(bytes, ValuePage(column, first_page + zone));
                     ASSIGN_OR_RETURN(page, NumberPage::Open(bytes.view()));
                     page_zone = zone;
                   }
                   const std::uint32_t in_zone = positions[first] % kZoneValues;
                   if (in_zone + count > page->count()) {
                     return DataLoss("column \"{}\": value {} of {}", column.key, in_zone + count,
                                     page->count());
                   }
                   page->Read(in_zone, std::span(numbers).subspan(first, count));
                   return {};
                 }));
  return numbers;
}

Result<std::vector<std::int64_t>> ColumnReader::Numbers(
    const ColumnEntry& column, std::span<const std::uint32_t> positions) const {
  return ReadNumbers<std::int64_t>(column, 0, positions);
}

Result<std::vector<std::string_view>> ColumnReader::Texts(const ColumnEntry& column,
                                                          std::span<const std::uint32_t> positions,
                                                          std::vector<Bytes>* memory) const {
  std::vector<std::string_view> texts(positions.size());
  if (positions.empty() || column.values == ValuesEncoding::kNone) return texts;
  if (column.values == ValuesEncoding::kDictionary) {
    ASSIGN_OR_RETURN(const std::vector<std::uint32_t> codes,
                     ReadNumbers<std::uint32_t>(column, 1, positions));
    ASSIGN_OR_RETURN(const auto dictionary, DictionaryOf(column));
    for (std::size_t i = 0; i < codes.size(); ++i) {
      if (codes[i] >= dictionary->count()) {
        return DataLoss("column \"{}\": code {} of {}", column.key, codes[i], dictionary->count());
      }
      texts[i] = dictionary->Get(codes[i]);
    }
    memory->emplace_back(dictionary, std::string_view());
    return texts;
  }
  if (column.values != ValuesEncoding::kPlain) {
    return DataLoss("column \"{}\": encoding {} holds no text", column.key,
                    static_cast<int>(column.values));
  }
  std::shared_ptr<const storage::Texts> zone;
  std::uint32_t zone_index = 0;
  for (std::size_t i = 0; i < positions.size(); ++i) {
    const std::uint32_t wanted_zone = positions[i] / kZoneValues;
    if (zone == nullptr || wanted_zone != zone_index) {
      zone_index = wanted_zone;
      ASSIGN_OR_RETURN(const Bytes page, ValuePage(column, zone_index));
      ASSIGN_OR_RETURN(storage::Texts decoded, DecodeTexts(page.view(), kTextBytesMax));
      zone = std::make_shared<const storage::Texts>(std::move(decoded));
      memory->emplace_back(zone, std::string_view());
    }
    const std::uint32_t in_zone = positions[i] % kZoneValues;
    if (in_zone >= zone->count()) return DataLoss("column \"{}\": zone too short", column.key);
    texts[i] = zone->Get(in_zone);
  }
  return texts;
}

Result<std::string> ColumnReader::FixedValues(const ColumnEntry& column,
                                              std::span<const std::uint32_t> positions) const {
  const std::size_t width = column.values == ValuesEncoding::kFixed16 ? 16 : 8;
  std::string values;
  values.reserve(positions.size() * width);
  std::optional<std::uint32_t> page_zone;
  Bytes page;
  TRY(ForEachRun(
      positions, [&](std::uint32_t zone, std::size_t first, std::size_t count) -> Status {
        if (page_zone != zone) {
          ASSIGN_OR_RETURN(page, ValuePage(column, zone));
          page_zone = zone;
        }
        const std::size_t begin = positions[first] % kZoneValues * width;
        if (begin + count * width > page.size()) {
          return DataLoss("id page: {} bytes, not {}", page.size(), begin + count * width);
        }
        values.append(page.view().substr(begin, count * width));
        return {};
      }));
  return values;
}

Result<std::vector<std::uint32_t>> ColumnReader::Rows(const ColumnEntry& column,
                                                      std::uint32_t row_count) const {
  if (column.rows == RowsEncoding::kDense) {
    if (column.value_count != row_count) {
      return DataLoss("dense column \"{}\": {} values for {} rows", column.key, column.value_count,
                      row_count);
    }
    return std::vector<std::uint32_t>();
  }
  ASSIGN_OR_RETURN(const Bytes page, pages_->Read(column.pages.front()));
  return DecodeRows(column.rows, page.view(), column.value_count, row_count);
}

Result<std::vector<std::int64_t>> ColumnReader::AllNumbers(const ColumnEntry& column) const {
  return Numbers(column, AllPositions(column.value_count));
}

Result<std::shared_ptr<const Texts>> ColumnReader::DictionaryOf(const ColumnEntry& column) const {
  using LoadedTexts = ScanCache::Loaded<storage::Texts>;
  return cache_.Get<storage::Texts>(
      source_id_, WhatOf("dictionary", column), [&]() -> Result<LoadedTexts> {
        ASSIGN_OR_RETURN(const Bytes page, ValuePage(column, 0));
        ASSIGN_OR_RETURN(storage::Texts texts, DecodeTexts(page.view(), kTextBytesMax));
        const std::uint64_t size = texts.bytes.size() + texts.offsets.size() * 4;
        return LoadedTexts{std::make_shared<const storage::Texts>(std::move(texts)), size};
      });
}

Result<std::vector<std::uint32_t>> ColumnReader::AllCodes(const ColumnEntry& column,
                                                          std::size_t dictionary_count) const {
  ASSIGN_OR_RETURN(std::vector<std::uint32_t> codes,
                   ReadNumbers<std::uint32_t>(column, 1, AllPositions(column.value_count)));
  const bool fit =
      std::ranges::all_of(codes, [&](std::uint32_t c) { return c < dictionary_count; });
  if (!fit) {
    return DataLoss("column \"{}\": codes do not fit the dictionary", column.key);
  }
  return codes;
}

Result<std::shared_ptr<const OverflowColumns>> ColumnReader::Overflow() const {
  const ColumnEntry* column = directory_->Find(ColumnField::kOverflow);
  if (column == nullptr) return std::shared_ptr<const OverflowColumns>();
  using LoadedColumns = ScanCache::Loaded<OverflowColumns>;
  return cache_.Get<OverflowColumns>(source_id_, "overflow", [&]() -> Result<LoadedColumns> {
    ASSIGN_OR_RETURN(const Bytes page, ValuePage(*column, 0));
    ASSIGN_OR_RETURN(OverflowColumns columns, DecodeOverflow(page.view(), kTextBytesMax));
    std::uint64_t size = columns.bytes.size();
    for (const OverflowColumn& overflow : columns.columns) {
      size += overflow.rows.size() * 28;
      const std::uint32_t row_count = RowCountOf(overflow.owner);
      if (!overflow.rows.empty() && overflow.rows.back() >= row_count) {
        return DataLoss("overflow page: row {} of {}", overflow.rows.back(), row_count);
      }
    }
    return LoadedColumns{std::make_shared<const OverflowColumns>(std::move(columns)), size};
  });
}

}  // namespace clew::storage

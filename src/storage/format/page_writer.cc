#include "storage/format/page_writer.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "base/hash.h"
#include "storage/encoding/packed_zone.h"
#include "storage/encoding/text_page.h"

namespace clew::storage {

bool IsTooDiverse(std::size_t distinct, std::size_t seen) {
  constexpr std::size_t kAlwaysFine = 4096;
  return distinct > kAlwaysFine && distinct > seen / 4;
}

namespace {

// So much text, and so many texts, are compressed together: who reads a few of them reads a chunk.
constexpr std::size_t kChunkTextBytes = 16 << 10;
constexpr std::size_t kChunkTexts = 4096;

// Calls `write(first, count)` for each zone.
template <typename Write>
void ForEachZone(std::size_t value_count, Write write) {
  for (std::size_t first = 0; first < value_count; first += kZoneValues) {
    write(first, std::min<std::size_t>(kZoneValues, value_count - first));
  }
}

// Brings texts into the order in which their codes are first used: those of a trace are neighbours
// then, and lie in few chunks. Texts without a code follow.
class DictionaryOrder {
 public:
  DictionaryOrder(std::span<const std::uint32_t> codes, std::span<const std::string_view> texts)
      : places_(texts.size(), kNone) {
    codes_.reserve(codes.size());
    texts_.reserve(texts.size());
    for (const std::uint32_t code : codes) {
      Place(code, texts[code]);
      codes_.push_back(places_[code]);
    }
    for (std::uint32_t code = 0; code < texts.size(); ++code) Place(code, texts[code]);
  }
  std::span<const std::int64_t> codes() const { return codes_; }
  std::span<const std::string_view> texts() const { return texts_; }

 private:
  static constexpr std::uint32_t kNone = 0xffffffff;

  void Place(std::uint32_t code, std::string_view text) {
    if (places_[code] != kNone) return;
    places_[code] = static_cast<std::uint32_t>(texts_.size());
    texts_.push_back(text);
  }

  std::vector<std::uint32_t> places_;
  std::vector<std::int64_t> codes_;
  std::vector<std::string_view> texts_;
};

std::vector<std::uint32_t> CountsOf(std::span<const std::uint32_t> rows, std::uint32_t row_count) {
  std::vector<std::uint32_t> counts(ColumnEntry::ZoneCountOf(row_count));
  for (const std::uint32_t row : rows) ++counts[row / kZoneValues];
  return counts;
}

}  // namespace

PageRef PageWriter::Append(std::string_view page) {
  PageRef ref;
  ref.offset = pages_.size();
  ref.length = static_cast<std::uint32_t>(page.size());
  if (!page.empty()) ref.checksum = base::Hash64(page);
  pages_.append(page);
  return ref;
}

ColumnEntry PageWriter::WithRows(ColumnEntry column, std::span<const std::uint32_t> rows,
                                 std::uint32_t row_count) {
  const EncodedRows encoded = EncodeRows(rows, row_count);
  column.rows = encoded.encoding;
  if (encoded.encoding != RowsEncoding::kDense) {
    column.row_counts = CountsOf(rows, row_count);
    column.pages.push_back(Append(encoded.page));
  }
  return column;
}

void PageWriter::AppendZones(std::span<const std::int64_t> numbers, ColumnEntry* column) {
  ForEachZone(numbers.size(), [&](std::size_t first, std::size_t count) {
    const auto zone = numbers.subspan(first, count);
    column->zones.push_back(RangeOf(zone));
    column->pages.push_back(Append(EncodePackedZone(zone, column->zones.back())));
  });
}

void PageWriter::AppendChunks(std::span<const std::string_view> texts, ColumnEntry* column) {
  for (std::size_t first = 0; first < texts.size();) {
    std::size_t end = first;
    std::size_t byte_size = 0;
    while (end < texts.size() && end - first < kChunkTexts && byte_size < kChunkTextBytes) {
      byte_size += texts[end++].size();
    }
    column->chunk_ends.push_back(static_cast<std::uint32_t>(end));
    column->pages.push_back(Append(EncodeTexts(texts.subspan(first, end - first))));
    first = end;
  }
}

void PageWriter::Add(ColumnEntry column) {
  column.is_zoned = true;
  columns_.push_back(std::move(column));
}

void PageWriter::Numbers(ColumnEntry column, std::span<const std::int64_t> numbers) {
  column.values = ValuesEncoding::kNumbers;
  column.value_count = static_cast<std::uint32_t>(numbers.size());
  if (!numbers.empty()) {
    const ZoneRange all = RangeOf(numbers);
    column.min = all.min;
    column.max = all.max;
  }
  AppendZones(numbers, &column);
  Add(std::move(column));
}

void PageWriter::Fixed(ColumnEntry column, std::string_view ids, std::uint32_t width) {
  column.values = width == 8 ? ValuesEncoding::kFixed8 : ValuesEncoding::kFixed16;
  column.value_count = static_cast<std::uint32_t>(ids.size() / width);
  ForEachZone(column.value_count, [&](std::size_t first, std::size_t count) {
    const std::string_view zone = ids.substr(first * width, count * width);
    std::string_view least = zone.substr(0, width);
    std::string_view greatest = least;
    for (std::size_t i = width; i < zone.size(); i += width) {
      least = std::min(least, zone.substr(i, width));
      greatest = std::max(greatest, zone.substr(i, width));
    }
    column.id_bounds.append(least).append(greatest);
    column.pages.push_back(Append(zone));
  });
  Add(std::move(column));
}

void PageWriter::Dictionary(ColumnEntry column, std::span<const std::uint32_t> codes,
                            std::span<const std::string_view> dictionary) {
  column.values = ValuesEncoding::kDictionary;
  column.value_count = static_cast<std::uint32_t>(codes.size());
  const DictionaryOrder order(codes, dictionary);
  AppendChunks(order.texts(), &column);
  AppendZones(order.codes(), &column);
  Add(std::move(column));
}

void PageWriter::Plain(ColumnEntry column, std::span<const std::string_view> texts) {
  column.values = ValuesEncoding::kPlain;
  column.value_count = static_cast<std::uint32_t>(texts.size());
  AppendChunks(texts, &column);
  Add(std::move(column));
}

void PageWriter::None(ColumnEntry column, std::uint32_t count) {
  column.values = ValuesEncoding::kNone;
  column.value_count = count;
  Add(std::move(column));
}

std::optional<PageWriter::Interned> PageWriter::Texts(ColumnEntry column,
                                                      std::span<const std::string_view> texts) {
  interner_.Clear();
  std::vector<std::uint32_t> codes = interner_.InternAll(texts, IsTooDiverse);
  if (codes.size() < texts.size()) {
    Plain(std::move(column), texts);
    return std::nullopt;
  }
  if (texts.empty()) {
    None(std::move(column), 0);
  } else {
    Dictionary(std::move(column), codes, interner_.texts());
  }
  return Interned{std::move(codes), interner_.texts()};
}

void PageWriter::Overflow(ColumnEntry column, std::uint32_t column_count, std::string_view page) {
  column.values = ValuesEncoding::kOverflow;
  column.value_count = column_count;
  column.pages.push_back(Append(page));
  Add(std::move(column));
}

std::vector<ColumnEntry> PageWriter::TakeColumns() {
  std::ranges::sort(columns_, {}, [](const ColumnEntry& column) {
    return std::tuple(column.field, column.owner, std::string_view(column.key), column.type);
  });
  return std::move(columns_);
}

}  // namespace clew::storage

#include "storage/format/page_writer.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "base/hash.h"
#include "storage/encoding/number_page.h"
#include "storage/encoding/text_page.h"

namespace clew::storage {

bool IsTooDiverse(std::size_t distinct, std::size_t seen) {
  constexpr std::size_t kAlwaysFine = 4096;
  return distinct > kAlwaysFine && distinct > seen / 4;
}

namespace {

// Calls `write(first, count)` for each zone; once for no values, so that a column has a page.
template <typename Write>
void ForEachZone(std::size_t value_count, Write write) {
  std::size_t first = 0;
  do {
    write(first, std::min<std::size_t>(kZoneValues, value_count - first));
    first += kZoneValues;
  } while (first < value_count);
}

}  // namespace

PageRef PageWriter::Append(std::string_view page) {
  PageRef ref;
  ref.offset = pages_.size();
  ref.length = static_cast<std::uint32_t>(page.size());
  ref.checksum = base::Hash64(page);
  pages_.append(page);
  return ref;
}

ColumnEntry PageWriter::WithRows(ColumnEntry column, std::span<const std::uint32_t> rows,
                                 std::uint32_t row_count) {
  const EncodedRows encoded = EncodeRows(rows, row_count);
  column.rows = encoded.encoding;
  if (encoded.encoding != RowsEncoding::kDense) column.pages.push_back(Append(encoded.page));
  return column;
}

void PageWriter::Numbers(ColumnEntry column, std::span<const std::int64_t> numbers) {
  column.values = ValuesEncoding::kNumbers;
  column.value_count = static_cast<std::uint32_t>(numbers.size());
  if (!numbers.empty()) {
    const auto [min, max] = std::ranges::minmax(numbers);
    column.min = min;
    column.max = max;
  }
  ForEachZone(numbers.size(), [&](std::size_t first, std::size_t count) {
    column.pages.push_back(Append(EncodeNumbers(numbers.subspan(first, count))));
  });
  columns_.push_back(std::move(column));
}

void PageWriter::Fixed(ColumnEntry column, std::string_view ids, std::uint32_t width) {
  column.values = width == 8 ? ValuesEncoding::kFixed8 : ValuesEncoding::kFixed16;
  column.value_count = static_cast<std::uint32_t>(ids.size() / width);
  ForEachZone(column.value_count, [&](std::size_t first, std::size_t count) {
    column.pages.push_back(Append(ids.substr(first * width, count * width)));
  });
  columns_.push_back(std::move(column));
}

void PageWriter::Dictionary(ColumnEntry column, std::span<const std::uint32_t> codes,
                            std::span<const std::string_view> dictionary) {
  column.values = ValuesEncoding::kDictionary;
  column.value_count = static_cast<std::uint32_t>(codes.size());
  column.pages.push_back(Append(EncodeTexts(dictionary)));
  ForEachZone(codes.size(), [&](std::size_t first, std::size_t count) {
    const auto zone = codes.subspan(first, count);
    const std::vector<std::int64_t> numbers(zone.begin(), zone.end());
    column.pages.push_back(Append(EncodeNumbers(numbers)));
  });
  columns_.push_back(std::move(column));
}

void PageWriter::Plain(ColumnEntry column, std::span<const std::string_view> texts) {
  column.values = ValuesEncoding::kPlain;
  column.value_count = static_cast<std::uint32_t>(texts.size());
  ForEachZone(texts.size(), [&](std::size_t first, std::size_t count) {
    column.pages.push_back(Append(EncodeTexts(texts.subspan(first, count))));
  });
  columns_.push_back(std::move(column));
}

void PageWriter::None(ColumnEntry column, std::uint32_t count) {
  column.values = ValuesEncoding::kNone;
  column.value_count = count;
  columns_.push_back(std::move(column));
}

std::optional<std::span<const std::string_view>> PageWriter::Texts(
    ColumnEntry column, std::span<const std::string_view> texts) {
  interner_.Clear();
  const std::vector<std::uint32_t> codes = interner_.InternAll(texts, IsTooDiverse);
  if (codes.size() < texts.size()) {
    Plain(std::move(column), texts);
    return std::nullopt;
  }
  if (texts.empty()) {
    None(std::move(column), 0);
  } else {
    Dictionary(std::move(column), codes, interner_.texts());
  }
  return interner_.texts();
}

void PageWriter::Overflow(ColumnEntry column, std::uint32_t column_count, std::string_view page) {
  column.values = ValuesEncoding::kOverflow;
  column.value_count = column_count;
  column.pages.push_back(Append(page));
  columns_.push_back(std::move(column));
}

std::vector<ColumnEntry> PageWriter::TakeColumns() {
  std::ranges::sort(columns_, {}, [](const ColumnEntry& column) {
    return std::tuple(column.field, column.owner, std::string_view(column.key), column.type);
  });
  return std::move(columns_);
}

}  // namespace clew::storage

#include "storage/format/overflow_page.h"

#include <utility>

#include "base/compression.h"
#include "storage/encoding/byte_stream.h"

namespace clew::storage {

std::string EncodeOverflow(const std::vector<OverflowColumn>& columns) {
  std::string raw;
  ByteWriter writer(&raw);
  writer.Varint(columns.size());
  for (const OverflowColumn& column : columns) {
    writer.Fixed(column.owner);
    writer.Fixed(column.type);
    writer.Text(column.key);
    writer.Varint(column.rows.size());
    std::uint32_t previous = 0;
    for (const std::uint32_t row : column.rows) {
      writer.Varint(row - previous);
      previous = row;
    }
    for (const std::string_view text : column.texts) writer.Text(text);
    for (const std::int64_t number : column.numbers) writer.Fixed(number);
  }
  std::string page;
  ByteWriter(&page).Varint(raw.size());
  page.append(base::ZstdCompress(raw));
  return page;
}

namespace {

OverflowColumn ReadColumn(ByteReader* reader) {
  OverflowColumn column;
  column.owner = reader->Fixed<model::Owner>();
  column.type = reader->Fixed<model::ValueType>();
  column.key = reader->Text();
  const std::uint64_t count = reader->Varint();
  std::uint64_t row = 0;
  for (std::uint64_t i = 0; i < count && reader->ok(); ++i) {
    const std::uint64_t delta = reader->Varint();
    row += delta;
    if (delta > 0xffffffff || row > 0xffffffff) reader->MarkBad();
    column.rows.push_back(static_cast<std::uint32_t>(row));
  }
  for (std::uint64_t i = 0; i < count && reader->ok(); ++i) {
    if (model::HoldsText(column.type)) {
      column.texts.push_back(reader->Text());
    } else if (column.type != model::ValueType::kEmpty) {
      column.numbers.push_back(reader->Fixed<std::int64_t>());
    }
  }
  return column;
}

}  // namespace

Result<OverflowColumns> DecodeOverflow(std::string_view page, std::uint64_t bytes_max) {
  ByteReader header(page);
  const std::uint64_t raw_size = header.Varint();
  if (!header.ok() || raw_size > bytes_max) {
    return DataLoss("overflow page: claims {} bytes", raw_size);
  }
  std::string raw(raw_size, '\0');
  TRY(base::ZstdDecompressInto(header.rest(), raw.data(), raw_size));
  OverflowColumns result;
  result.bytes = Bytes(std::move(raw));
  ByteReader reader(result.bytes.view());
  const std::uint64_t count = reader.Varint();
  for (std::uint64_t i = 0; i < count && reader.ok(); ++i) {
    OverflowColumn column = ReadColumn(&reader);
    if (column.owner > model::Owner::kLink || column.type > model::ValueType::kKvList) {
      return DataLoss("overflow page: unknown owner or type");
    }
    result.columns.push_back(std::move(column));
  }
  if (!reader.ok()) return DataLoss("overflow page: cut short");
  return result;
}

}  // namespace clew::storage

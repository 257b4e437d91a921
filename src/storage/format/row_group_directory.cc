#include "storage/format/row_group_directory.h"

#include <algorithm>
#include <tuple>

#include "storage/encoding/byte_stream.h"
#include "storage/format/column_schema.h"
#include "wire/otlp/json_text.h"

namespace clew::storage {
namespace {

void WriteColumn(const ColumnEntry& column, ByteWriter* writer) {
  writer->Fixed(column.field);
  if (column.field == ColumnField::kAttribute) {
    writer->Fixed(column.owner);
    writer->Fixed(column.type);
    writer->Text(column.key);
  }
  writer->Varint(column.value_count);
  writer->Fixed(column.rows);
  writer->Fixed(column.values);
  if (column.values == ValuesEncoding::kNumbers) {
    writer->Fixed(column.min);
    writer->Fixed(column.max);
  }
  writer->Varint(column.pages.size());
  for (const PageRef& page : column.pages) {
    writer->Varint(page.offset);
    writer->Varint(page.length);
    writer->Fixed(page.checksum);
  }
}

std::uint32_t ReadCount(ByteReader* reader) {
  const std::uint64_t count = reader->Varint();
  if (count > 0xffffffff) reader->MarkBad();
  return static_cast<std::uint32_t>(count);
}

ColumnEntry ReadColumn(ByteReader* reader) {
  ColumnEntry column;
  column.field = reader->Fixed<ColumnField>();
  if (column.field == ColumnField::kAttribute) {
    column.owner = reader->Fixed<model::Owner>();
    column.type = reader->Fixed<model::ValueType>();
    column.key = reader->Text();
  }
  column.value_count = ReadCount(reader);
  column.rows = reader->Fixed<RowsEncoding>();
  column.values = reader->Fixed<ValuesEncoding>();
  if (column.values == ValuesEncoding::kNumbers) {
    column.min = reader->Fixed<std::int64_t>();
    column.max = reader->Fixed<std::int64_t>();
  }
  const std::uint64_t page_count = reader->Varint();
  for (std::uint64_t i = 0; i < page_count && reader->ok(); ++i) {
    PageRef& page = column.pages.emplace_back();
    page.offset = reader->Varint();
    page.length = ReadCount(reader);
    page.checksum = reader->Fixed<std::uint64_t>();
  }
  return column;
}

auto KeyOf(const ColumnEntry& column) {
  return std::tuple(column.field, column.owner, std::string_view(column.key));
}

}  // namespace

const ColumnEntry* RowGroupDirectory::Find(ColumnField field) const {
  const auto found = std::ranges::lower_bound(columns, field, {}, &ColumnEntry::field);
  return found != columns.end() && found->field == field ? &*found : nullptr;
}

std::vector<const ColumnEntry*> RowGroupDirectory::FindAttribute(model::Owner owner,
                                                                 std::string_view key) const {
  std::vector<const ColumnEntry*> found;
  const auto range = std::ranges::equal_range(
      columns, std::tuple(ColumnField::kAttribute, owner, key), {}, &KeyOf);
  for (const ColumnEntry& column : range) found.push_back(&column);
  // Keys that are not UTF-8 are asked for as they are shown.
  if (key.find("\xEF\xBF\xBD") == std::string_view::npos) return found;
  for (const ColumnEntry& column : columns) {
    if (column.field == ColumnField::kAttribute && column.owner == owner && column.key != key &&
        wire::otlp::IsShownAs(column.key, key)) {
      found.push_back(&column);
    }
  }
  return found;
}

void WriteDirectory(const RowGroupDirectory& directory, std::string* out) {
  ByteWriter writer(out);
  const scan::SourceStats& stats = directory.stats;
  for (const std::uint32_t count :
       {stats.span_count, stats.resource_count, stats.scope_count, stats.event_count,
        stats.link_count, directory.trace_count, directory.operation_count}) {
    writer.Varint(count);
  }
  writer.Fixed(stats.start_min);
  writer.Fixed(stats.start_max);
  writer.Fixed(stats.duration_max);
  writer.Varint(directory.byte_size);
  writer.Varint(directory.columns.size());
  for (const ColumnEntry& column : directory.columns) WriteColumn(column, &writer);
}

std::uint64_t MemoryOf(const RowGroupDirectory& directory) {
  std::uint64_t size = sizeof(directory);
  for (const ColumnEntry& column : directory.columns) {
    size += sizeof(column) + column.key.capacity() + column.pages.capacity() * sizeof(PageRef);
  }
  return size;
}

Result<RowGroupDirectory> ReadDirectory(std::string_view data) {
  ByteReader reader(data);
  RowGroupDirectory directory;
  scan::SourceStats& stats = directory.stats;
  for (std::uint32_t* count :
       {&stats.span_count, &stats.resource_count, &stats.scope_count, &stats.event_count,
        &stats.link_count, &directory.trace_count, &directory.operation_count}) {
    *count = ReadCount(&reader);
  }
  stats.start_min = reader.Fixed<UnixNanos>();
  stats.start_max = reader.Fixed<UnixNanos>();
  stats.duration_max = reader.Fixed<std::int64_t>();
  directory.byte_size = reader.Varint();
  const std::uint64_t column_count = reader.Varint();
  for (std::uint64_t i = 0; i < column_count && reader.ok(); ++i) {
    directory.columns.push_back(ReadColumn(&reader));
  }
  if (!reader.ok() || !reader.rest().empty()) {
    return DataLoss("row group directory: {} bytes do not fit {} columns", data.size(),
                    column_count);
  }
  if (Status status = CheckDirectory(directory); !status.has_value()) {
    return std::unexpected(std::move(status).error().Annotate("row group directory"));
  }
  return directory;
}

}  // namespace clew::storage

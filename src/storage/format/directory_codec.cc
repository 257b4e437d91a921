#include <algorithm>
#include <utility>

#include "storage/encoding/byte_stream.h"
#include "storage/format/column_schema.h"
#include "storage/format/row_group_directory.h"

// The bytes of a directory (docs/formats/block.md, "Directory").
namespace clew::storage {
namespace {

// Small when the number is near 0 on either side.
std::uint64_t ZigZag(std::uint64_t number) {
  return number << 1 ^ (number >> 63 == 0 ? 0 : ~std::uint64_t{0});
}
std::uint64_t UnZigZag(std::uint64_t number) {
  return number >> 1 ^ ((number & 1) == 0 ? 0 : ~std::uint64_t{0});
}

std::uint64_t Distance(std::int64_t from, std::int64_t to) {
  return static_cast<std::uint64_t>(to) - static_cast<std::uint64_t>(from);
}

std::int64_t Moved(std::int64_t from, std::uint64_t distance) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(from) + distance);
}

// What there is of a column behind its rows, in this order, by whoever writes or reads it.
template <typename Codec>
void CodeValues(ValuesEncoding values, Codec& codec) {
  switch (values) {
    case ValuesEncoding::kNumbers:
      return codec.Numbers();
    case ValuesEncoding::kDictionary:
      codec.Chunks();
      return codec.Numbers();
    case ValuesEncoding::kPlain:
      return codec.Chunks();
    case ValuesEncoding::kFixed8:
    case ValuesEncoding::kFixed16:
      return codec.Ids();
    case ValuesEncoding::kOverflow:
      return codec.Overflow();
    default:
      return;
  }
}

class ColumnWriter {
 public:
  ColumnWriter(const ColumnEntry& column, ByteWriter* writer) : column_(column), writer_(*writer) {}

  void Write() {
    writer_.Fixed(column_.field);
    if (column_.field == ColumnField::kAttribute) {
      writer_.Fixed(column_.owner);
      writer_.Fixed(column_.type);
      writer_.Text(column_.key);
    }
    writer_.Varint(column_.value_count);
    writer_.Fixed(column_.rows);
    writer_.Fixed(column_.values);
    if (column_.rows != RowsEncoding::kDense) {
      for (const std::uint32_t count : column_.row_counts) writer_.Varint(count);
      Page(0, true);
    }
    CodeValues(column_.values, *this);
  }

 private:
  template <typename Codec>
  friend void CodeValues(ValuesEncoding values, Codec& codec);

  // Of a column that lacks some nothing is written, which is missed when it is read.
  void Page(std::size_t index, bool with_length) {
    if (index >= column_.pages.size()) return;
    const PageRef& page = column_.pages[index];
    if (with_length) writer_.Varint(page.length);
    if (page.length == 0) return;
    writer_.Varint(ZigZag(page.offset - end_));
    writer_.Fixed(page.checksum);
    end_ = page.offset + page.length;
  }

  void Chunks() {
    writer_.Varint(column_.chunk_ends.size());
    std::uint32_t begin = 0;
    for (std::size_t i = 0; i < column_.chunk_ends.size(); ++i) {
      writer_.Varint(column_.chunk_ends[i] - begin);
      Page(column_.first_value_page() + i, true);
      begin = column_.chunk_ends[i];
    }
  }

  void Numbers() {
    std::int64_t last = 0;
    for (std::size_t i = 0; i < column_.zones.size(); ++i) {
      const ZoneRange& zone = column_.zones[i];
      writer_.Varint(ZigZag(Distance(last, zone.min)));
      writer_.Varint(Distance(zone.min, zone.max));
      last = zone.min;
      Page(column_.first_zone_page() + i, false);
    }
  }

  void Overflow() { Page(column_.first_value_page(), true); }

  void Ids() {
    const std::size_t bounds = 2 * IdBytesOf(column_.values);
    for (std::size_t i = 0; i < column_.id_bounds.size() / bounds; ++i) {
      writer_.Bytes(std::string_view(column_.id_bounds).substr(i * bounds, bounds));
      Page(column_.first_zone_page() + i, false);
    }
  }

  const ColumnEntry& column_;
  ByteWriter& writer_;
  std::uint64_t end_ = 0;  // of the page before
};

// What the forms have in common.
ColumnEntry ReadHead(ByteReader* reader) {
  ColumnEntry column;
  column.field = reader->Fixed<ColumnField>();
  if (column.field == ColumnField::kAttribute) {
    column.owner = reader->Fixed<model::Owner>();
    column.type = reader->Fixed<model::ValueType>();
    column.key = reader->Text();
  }
  column.value_count = reader->Count();
  column.rows = reader->Fixed<RowsEncoding>();
  column.values = reader->Fixed<ValuesEncoding>();
  return column;
}

// Of versions 1 and 2.
ColumnEntry ReadUnzonedColumn(ByteReader* reader) {
  ColumnEntry column = ReadHead(reader);
  if (column.values == ValuesEncoding::kNumbers) {
    column.min = reader->Fixed<std::int64_t>();
    column.max = reader->Fixed<std::int64_t>();
  }
  const std::uint64_t page_count = reader->Varint();
  for (std::uint64_t i = 0; i < page_count && reader->ok(); ++i) {
    PageRef& page = column.pages.emplace_back();
    page.offset = reader->Varint();
    page.length = reader->Count();
    page.checksum = reader->Fixed<std::uint64_t>();
  }
  return column;
}

// Stops where the bytes end, whatever counts say.
class ZonedColumnReader {
 public:
  ZonedColumnReader(const RowGroupDirectory& directory, ByteReader* reader)
      : directory_(directory), reader_(*reader) {}

  ColumnEntry Read() {
    column_ = ReadHead(&reader_);
    column_.is_zoned = true;
    if (column_.rows != RowsEncoding::kDense) {
      const std::size_t zones = ColumnEntry::ZoneCountOf(storage::TableRowsOf(directory_, column_));
      column_.row_counts.reserve(RoomFor(zones));
      for (std::size_t i = 0; i < zones && reader_.ok(); ++i) {
        column_.row_counts.push_back(reader_.Count());
      }
      Page(reader_.Count());
    }
    CodeValues(column_.values, *this);
    if (column_.values == ValuesEncoding::kNumbers) SetRange();
    return std::move(column_);
  }

 private:
  template <typename Codec>
  friend void CodeValues(ValuesEncoding values, Codec& codec);

  // Of so many things with bytes of their own no more than the bytes that are left tell of.
  std::size_t RoomFor(std::uint64_t count) const {
    return std::min<std::uint64_t>(count, reader_.rest().size());
  }

  void MakeRoomForPages(std::uint64_t count) {
    column_.pages.reserve(column_.pages.size() + RoomFor(count));
  }

  void Page(std::uint32_t length) {
    PageRef& page = column_.pages.emplace_back();
    if (length == 0) return;
    page.offset = end_ + UnZigZag(reader_.Varint());
    page.length = length;
    page.checksum = reader_.Fixed<std::uint64_t>();
    end_ = page.offset + length;
  }

  void Chunks() {
    const std::uint64_t count = reader_.Varint();
    column_.chunk_ends.reserve(RoomFor(count));
    MakeRoomForPages(count +
                     (column_.values == ValuesEncoding::kDictionary ? column_.zone_count() : 0));
    std::uint64_t end = 0;
    for (std::uint64_t i = 0; i < count && reader_.ok(); ++i) {
      end += reader_.Count();
      if (end > kRowGroupRowsMax) reader_.MarkBad();
      column_.chunk_ends.push_back(static_cast<std::uint32_t>(end));
      Page(reader_.Count());
    }
  }

  void Numbers() {
    column_.zones.reserve(RoomFor(column_.zone_count()));
    MakeRoomForPages(column_.zone_count());
    std::int64_t last = 0;
    for (std::size_t i = 0; i < column_.zone_count() && reader_.ok(); ++i) {
      ZoneRange& zone = column_.zones.emplace_back();
      zone.min = Moved(last, UnZigZag(reader_.Varint()));
      zone.max = Moved(zone.min, reader_.Varint());
      last = zone.min;
      Page(PackedZoneBytes(zone, ColumnEntry::CountOf(i, column_.value_count)));
    }
  }

  void SetRange() {
    if (column_.zones.empty()) return;
    column_.min = std::ranges::min(column_.zones, {}, &ZoneRange::min).min;
    column_.max = std::ranges::max(column_.zones, {}, &ZoneRange::max).max;
  }

  void Overflow() { Page(reader_.Count()); }

  void Ids() {
    const std::uint32_t width = IdBytesOf(column_.values);
    column_.id_bounds.reserve(RoomFor(2 * width * column_.zone_count()));
    MakeRoomForPages(column_.zone_count());
    for (std::size_t i = 0; i < column_.zone_count() && reader_.ok(); ++i) {
      column_.id_bounds += reader_.Bytes(2 * width);
      Page(ColumnEntry::CountOf(i, column_.value_count) * width);
    }
  }

  const RowGroupDirectory& directory_;
  ByteReader& reader_;
  ColumnEntry column_;
  std::uint64_t end_ = 0;
};

void ReadZonedHead(ByteReader* reader, RowGroupDirectory* directory) {
  directory->row_order = reader->Fixed<RowOrder>();
  if (directory->row_order > RowOrder::kDepthFirst) reader->MarkBad();
  const std::size_t zones = ColumnEntry::ZoneCountOf(directory->stats.span_count);
  for (std::size_t i = 0; i < zones && reader->ok(); ++i) {
    ZoneRange& zone = directory->starts.emplace_back();
    zone.min = Moved(directory->stats.start_min, reader->Varint());
    zone.max = Moved(zone.min, reader->Varint());
  }
}

}  // namespace

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
  writer.Fixed(directory.row_order);
  for (const ZoneRange& zone : directory.starts) {
    writer.Varint(Distance(stats.start_min, zone.min));
    writer.Varint(Distance(zone.min, zone.max));
  }
  writer.Varint(directory.columns.size());
  for (const ColumnEntry& column : directory.columns) ColumnWriter(column, &writer).Write();
}

namespace {

Result<RowGroupDirectory> ReadHead(ByteReader& reader, std::uint32_t version) {
  RowGroupDirectory directory;
  scan::SourceStats& stats = directory.stats;
  for (std::uint32_t* count :
       {&stats.span_count, &stats.resource_count, &stats.scope_count, &stats.event_count,
        &stats.link_count, &directory.trace_count, &directory.operation_count}) {
    *count = reader.Count();
  }
  stats.start_min = reader.Fixed<UnixNanos>();
  stats.start_max = reader.Fixed<UnixNanos>();
  stats.duration_max = reader.Fixed<std::int64_t>();
  directory.byte_size = reader.Varint();
  if (!reader.ok()) return DataLoss("row group directory: it is cut short");
  if (const Status status = CheckCounts(directory, version >= kZonedVersion); !status.has_value()) {
    return DataLoss("row group directory: {}", status.error().message);
  }
  return directory;
}

}  // namespace

Result<RowGroupDirectory> ReadDirectoryHead(std::string_view data, std::uint32_t version) {
  ByteReader reader(data);
  return ReadHead(reader, version);
}

Result<RowGroupDirectory> ReadDirectory(std::string_view data, std::uint32_t version) {
  ByteReader reader(data);
  ASSIGN_OR_RETURN(RowGroupDirectory directory, ReadHead(reader, version));
  const bool is_zoned = version >= kZonedVersion;
  if (is_zoned) ReadZonedHead(&reader, &directory);
  const std::uint64_t column_count = reader.Varint();
  // As many as there mostly are.
  directory.columns.reserve(std::min<std::uint64_t>(column_count, 256));
  for (std::uint64_t i = 0; i < column_count && reader.ok(); ++i) {
    directory.columns.push_back(is_zoned ? ZonedColumnReader(directory, &reader).Read()
                                         : ReadUnzonedColumn(&reader));
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

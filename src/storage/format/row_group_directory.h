#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/vocabulary.h"
#include "model/field_list.h"
#include "model/value.h"
#include "scan/span_source.h"
#include "storage/encoding/packed_zone.h"
#include "storage/encoding/row_list.h"

namespace clew::storage {

/// What a reader takes of a row group; one that claims more is damaged. Rows are those of any other
/// table than that of spans, and the values of an attribute; text is that of a column.
inline constexpr std::uint32_t kRowGroupSpansMax = 1u << 24;
inline constexpr std::uint32_t kRowGroupRowsMax = 1u << 24;
/// The same before version 3 of the block. There each row has its bytes in pages; since then rows
/// that are all alike have none, and what there may be of them must be little by itself.
inline constexpr std::uint32_t kUnzonedRowGroupRowsMax = 1u << 28;
inline constexpr std::uint64_t kColumnTextBytesMax = 1ull << 30;

/// Which column of a row group. Stored: never renumber (docs/formats/block.md). Those of fields are
/// in model/field_list.h, the others here.
enum class ColumnField : std::uint8_t {
  kAttribute = 0,
// Of the fields kTraceId is of the table of traces, kStartOffset is from kTraceStart, and
// kEventTime from the start of its span; kParent is 0 none, 1 not in this trace here, else row in
// the trace + 2.
#define CLEW_STORED(Id, column, object, Form, message, number, name, stored, title) k##Id = stored,
  CLEW_FIELDS(CLEW_STORED)
#undef CLEW_STORED
  // Table of traces, by id.
  kTraceSpanCount = 2,
  kTraceErrorCount = 3,
  kTraceStart = 4,
  kTraceDuration = 5,
  kTraceRoot = 6,  // row in the trace of its root span + 1; 0: none here
  // Table of spans, by trace, then as RowOrder says.
  kForeignParent = 12,  // the ids for which kParent is 1, by span row
  kResource = 24,
  kScope = 25,
  // Tables of events and links, by span.
  kEventSpan = 50,
  kLinkSpan = 60,
  // Table of operations: a service, a name and a kind, and how many spans.
  kOperationService = 70,
  kOperationName = 71,
  kOperationKind = 72,
  kOperationSpans = 73,
  // Rare attributes, all in one page.
  kOverflow = 80,
};

/// Columns from this number on came later: older blocks do not have them, and their values are zero
/// or empty there.
inline constexpr std::uint8_t kLaterFields = 81;

/// How the values of a column are stored. Numbers, codes and ids have a page for each zone of
/// kZoneValues values, texts one for each chunk. Never renumber.
enum class ValuesEncoding : std::uint8_t {
  kNone = 0,        // values carry nothing (empty attributes)
  kNumbers = 1,     // zones of numbers
  kDictionary = 2,  // the dictionary (chunks of text), then zones of codes
  kPlain = 3,       // chunks of text
  kFixed8 = 4,      // 8 bytes a value
  kFixed16 = 5,     // 16 bytes a value
  kOverflow = 6,    // the overflow page alone
};

/// What an id takes in either of the fixed encodings.
constexpr std::uint32_t IdBytesOf(ValuesEncoding values) {
  return values == ValuesEncoding::kFixed16 ? 16 : 8;
}

/// How the spans of a trace follow each other.
enum class RowOrder : std::uint8_t {
  kByStart = 0,     // start, span id
  kDepthFirst = 1,  // what is below a span comes right behind it (trace_order.h)
};

struct PageRef {
  std::uint64_t offset = 0;    // from the begin of the row group
  std::uint32_t length = 0;    // 0: there is nothing to read
  std::uint64_t checksum = 0;  // XXH3-64 of its bytes
};

struct ColumnEntry {
  ColumnField field = ColumnField::kAttribute;
  // For attributes:
  model::Owner owner = model::Owner::kSpan;
  model::ValueType type = model::ValueType::kEmpty;
  std::string key{};

  std::uint32_t value_count = 0;
  RowsEncoding rows = RowsEncoding::kDense;
  ValuesEncoding values = ValuesEncoding::kNone;
  /// Of numbers; zero otherwise.
  std::int64_t min = 0;
  std::int64_t max = 0;
  /// The rows page first when `rows` has one, then those of `values`.
  std::vector<PageRef> pages{};

  /// Since version 3 of the block. Before, none of what follows is known, zones begin with their
  /// range, a dictionary is one page, and other texts have a page for each zone.
  bool is_zoned = false;
  /// Of numbers and codes, one a zone. One whose numbers are all the same has an empty page.
  std::vector<ZoneRange> zones{};
  /// Of ids: the least and the greatest of each zone, one after the other, by their bytes.
  std::string id_bounds{};
  /// Of texts: for each chunk the number of texts in it and those before.
  std::vector<std::uint32_t> chunk_ends{};
  /// Unless rows are dense: the number of values of each kZoneValues rows of the table.
  std::vector<std::uint32_t> row_counts{};

  std::size_t first_value_page() const { return rows == RowsEncoding::kDense ? 0 : 1; }
  /// Pages of text.
  std::size_t chunk_count() const;
  /// The page of the first zone of numbers, codes or ids.
  std::size_t first_zone_page() const { return first_value_page() + chunk_count(); }
  std::size_t zone_count() const { return ZoneCountOf(value_count); }
  /// The values of a zone, or the rows of one of a table with so many.
  static std::uint32_t CountOf(std::size_t zone, std::uint32_t all) {
    const std::size_t left = all - zone * kZoneValues;
    return left < kZoneValues ? static_cast<std::uint32_t>(left) : kZoneValues;
  }
  static std::size_t ZoneCountOf(std::uint32_t count) {
    return (std::size_t{count} + kZoneValues - 1) / kZoneValues;
  }
};

/// All that is known of a row group without reading its pages.
struct RowGroupDirectory {
  scan::SourceStats stats;
  std::uint32_t trace_count = 0;
  std::uint32_t operation_count = 0;
  std::uint64_t byte_size = 0;  // of the pages
  RowOrder row_order = RowOrder::kByStart;
  /// The earliest and the latest start of each kZoneValues spans. Empty: they are not known.
  std::vector<ZoneRange> starts;
  /// Sorted by field, owner, key, type.
  std::vector<ColumnEntry> columns;

  /// Null when there is no such column.
  const ColumnEntry* Find(ColumnField field) const;
  /// All types of a key.
  std::vector<const ColumnEntry*> FindAttribute(model::Owner owner, std::string_view key) const;
};

/// About how much memory it takes.
std::uint64_t MemoryOf(const RowGroupDirectory& directory);

/// The form of directories in blocks of this version; older ones are read only.
inline constexpr std::uint32_t kZonedVersion = 3;

void WriteDirectory(const RowGroupDirectory& directory, std::string* out);
/// That of a block of `version`. DATA_LOSS when `data` is not a directory, or one that readers
/// cannot rely on (CheckDirectory).
Result<RowGroupDirectory> ReadDirectory(std::string_view data,
                                        std::uint32_t version = kZonedVersion);
/// Only what it begins with: how much there is of everything, and `stats`. Nothing of columns,
/// which take nearly all of the time, is read or checked.
Result<RowGroupDirectory> ReadDirectoryHead(std::string_view data, std::uint32_t version);

}  // namespace clew::storage

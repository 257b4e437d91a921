#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <variant>
#include <vector>

#include "base/vocabulary.h"
#include "scan/column.h"
#include "storage/format/column_reader.h"
#include "storage/format/scan_cache.h"

namespace clew::storage {

/// A column as it is read of a row group, before it becomes one to scan. One thread.
struct LoadedColumn {
  /// Texts by the codes of a dictionary.
  struct Codes {
    Dictionary dictionary;
    std::vector<std::uint32_t> codes;
  };
  struct Presence {};
  using Numbers = std::vector<std::int64_t>;

  model::ValueType type = model::ValueType::kEmpty;
  /// Row of each value; empty when value i belongs to row i.
  std::vector<std::uint32_t> rows{};
  std::variant<Presence, Numbers, Codes, std::vector<std::string_view>, std::vector<TraceId>,
               std::vector<SpanId>>
      values{};
  /// What texts point into, and what the cache knows it by.
  std::vector<Bytes> memory{};
  std::vector<ScanCache::Key> parts{};
  Damage damage{};
  std::vector<std::uint32_t> lost{};
  bool is_lost = false;

  /// One of which nothing can be read; other errors than damage stay errors.
  static Result<LoadedColumn> Lost(model::ValueType type, const Error& error);

  std::uint32_t RowOf(std::size_t position) const {
    return rows.empty() ? static_cast<std::uint32_t>(position) : rows[position];
  }
  /// Its values when they are numbers, else null.
  Numbers* numbers() { return std::get_if<Numbers>(&values); }
  /// Takes the values `positions`, which ascend, out of the `value_count` that are there: their
  /// rows are lost.
  void LeaveOut(const std::vector<std::uint32_t>& positions, std::uint32_t value_count);
  /// Adds rows, ascending, to those that are lost.
  void AddLost(const std::vector<std::uint32_t>& more);
  void AddDamage(const Damage& more) { damage.insert(damage.end(), more.begin(), more.end()); }
};

/// What a scan sees of a column, and how much memory that takes besides `parts`.
struct ScannedColumn {
  scan::ColumnPtr column;
  std::uint64_t byte_size = 0;
  std::vector<ScanCache::Key> parts{};
};
ScannedColumn ToScan(LoadedColumn column);
/// One whose numbers are rows of a table: each fits into 32 bits.
ScannedColumn ToScanAsRows(LoadedColumn column);

}  // namespace clew::storage

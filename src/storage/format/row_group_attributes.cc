#include <string>
#include <utility>

#include "storage/format/overflow_columns.h"
#include "storage/format/packed_column.h"
#include "storage/format/row_group_lists.h"
#include "storage/format/row_group_source.h"
#include "storage/format/stored_column.h"

/// The attributes of a row group as columns.
namespace clew::storage {
namespace {

// In the cache, behind what of it is kept.
std::string NameOf(const ColumnEntry& attribute, model::Owner owner) {
  return " of " + std::to_string(static_cast<int>(owner)) + ' ' +
         std::to_string(static_cast<int>(attribute.type)) + ' ' + attribute.key;
}

}  // namespace

Result<scan::ColumnPtr> RowGroupSource::AttributeColumn(
    const ColumnEntry& entry, model::Owner owner,
    const std::optional<scan::IntRange>& range) const {
  const std::uint32_t row_count = reader_->RowCountOf(owner);
  const bool is_ranged = range && entry.type == model::ValueType::kInt;
  const auto within = is_ranged ? ZonesWithin(entry.zones, *range) : std::nullopt;
  // The key, which may be any text, comes last: several may be shown alike, or end like a zone.
  std::string what = "attribute";
  if (within) what += " zones";
  for (const std::uint32_t zone : within.value_or(std::vector<std::uint32_t>())) {
    what += ' ' + std::to_string(zone);
  }
  return Cached(what + NameOf(entry, owner), [&]() -> Result<ScannedColumn> {
    if (within) {
      ASSIGN_OR_RETURN(auto some, LoadPackedWithin(*reader_, entry, row_count, *range));
      if (some) return *std::move(some);
    }
    ASSIGN_OR_RETURN(auto packed, LoadPacked(*reader_, entry, row_count));
    if (packed) return *std::move(packed);
    ASSIGN_OR_RETURN(LoadedColumn loaded, LoadStored(*reader_, entry, row_count));
    return ToScan(std::move(loaded));
  });
}

Result<scan::ColumnPtr> RowGroupSource::RowsOfColumn(const ColumnEntry& entry,
                                                     model::Owner owner) const {
  return Cached("rows" + NameOf(entry, owner), [&]() -> Result<ScannedColumn> {
    ASSIGN_OR_RETURN(LoadedColumn rows, LoadRows(*reader_, entry, reader_->RowCountOf(owner)));
    return ToScan(std::move(rows));
  });
}

Result<std::vector<scan::ColumnPtr>> RowGroupSource::Attributes(
    model::Owner owner, std::string_view key,
    const std::function<Result<scan::ColumnPtr>(const ColumnEntry&)>& read) const {
  std::vector<scan::ColumnPtr> columns;
  for (const ColumnEntry* entry : reader_->directory().FindAttribute(owner, key)) {
    ASSIGN_OR_RETURN(columns.emplace_back(), read(*entry));
  }
  Damage damage;
  TRY(AddOverflowColumns(*reader_, owner, key, &columns, &damage));
  TRY(Settle(damage));
  return columns;
}

Result<std::vector<scan::AttributeCount>> RowGroupSource::Attributes() const {
  Damage damage;
  ASSIGN_OR_RETURN(auto attributes, ListAttributes(*reader_, &damage));
  TRY(Settle(damage));
  return attributes;
}

}  // namespace clew::storage

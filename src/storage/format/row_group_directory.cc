#include "storage/format/row_group_directory.h"

#include <algorithm>
#include <tuple>

#include "wire/otlp/json_text.h"

namespace clew::storage {
namespace {

auto KeyOf(const ColumnEntry& column) {
  return std::tuple(column.field, column.owner, std::string_view(column.key));
}

}  // namespace

std::size_t ColumnEntry::chunk_count() const {
  const bool has_texts = values == ValuesEncoding::kDictionary || values == ValuesEncoding::kPlain;
  if (!has_texts) return 0;
  if (is_zoned) return chunk_ends.size();
  return values == ValuesEncoding::kDictionary ? 1 : std::max<std::size_t>(1, zone_count());
}

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

std::uint64_t MemoryOf(const RowGroupDirectory& directory) {
  std::uint64_t size = sizeof(directory) + directory.starts.capacity() * sizeof(ZoneRange);
  for (const ColumnEntry& column : directory.columns) {
    size += sizeof(column) + column.key.capacity() + column.id_bounds.capacity() +
            column.pages.capacity() * sizeof(PageRef) + column.zones.capacity() * sizeof(ZoneRange);
    size += (column.chunk_ends.capacity() + column.row_counts.capacity()) * sizeof(std::uint32_t);
  }
  return size;
}

}  // namespace clew::storage

#include "storage/format/equal_rows.h"

#include <string>
#include <type_traits>
#include <unordered_map>

#include "model/attribute_index.h"
#include "storage/encoding/byte_stream.h"

namespace clew::storage {
namespace {

using model::AttributeIndex;
using model::Owner;
using model::SpanColumns;

// Everything that makes a resource or scope what it is, as bytes.
void WriteAttributes(const AttributeIndex& attributes, std::size_t row, ByteWriter* writer) {
  for (const AttributeIndex::Entry& entry : attributes.Row(row)) {
    writer->Text(entry.key());
    writer->Fixed(entry.type());
    writer->Text(entry.text());
    writer->Fixed(entry.number());
  }
}

template <Owner kOwner>
std::string IdentityOf(const SpanColumns& columns, const AttributeIndex& attributes,
                       std::size_t row) {
  std::string identity;
  ByteWriter writer(&identity);
  model::ForEachColumnOf<kOwner>(
      [&](auto, const auto& column) {
        if constexpr (std::is_same_v<decltype(column[row]), const std::string_view&>) {
          writer.Text(column[row]);
        } else {
          writer.Fixed(column[row]);
        }
      },
      columns);
  WriteAttributes(attributes, row, &writer);
  return identity;
}

template <Owner kOwner>
std::vector<std::vector<std::uint32_t>> Merge(const std::vector<model::SpanColumnsPtr>& batches,
                                              MergedTable* table) {
  std::vector<std::vector<std::uint32_t>> rows;
  std::unordered_map<std::string, std::uint32_t> known;
  for (std::uint32_t batch = 0; batch < batches.size(); ++batch) {
    const SpanColumns& columns = *batches[batch];
    const std::size_t count = model::RowCount(columns, kOwner);
    const AttributeIndex attributes(columns, kOwner, count);
    std::vector<std::uint32_t>& places = table->places.emplace_back(count, MergedTable::kAbsorbed);
    std::vector<std::uint32_t>& mapped = rows.emplace_back(count);
    for (std::uint32_t row = 0; row < count; ++row) {
      const auto [entry, is_new] =
          known.try_emplace(IdentityOf<kOwner>(columns, attributes, row), table->row_count());
      mapped[row] = entry->second;
      if (!is_new) continue;
      places[row] = entry->second;
      table->origins.push_back({batch, row});
    }
  }
  return rows;
}

}  // namespace

std::vector<std::vector<std::uint32_t>> MergeEqualRows(
    const std::vector<model::SpanColumnsPtr>& batches, Owner owner, MergedTable* table) {
  return owner == Owner::kResource ? Merge<Owner::kResource>(batches, table)
                                   : Merge<Owner::kScope>(batches, table);
}

}  // namespace clew::storage

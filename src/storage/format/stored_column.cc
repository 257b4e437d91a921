#include "storage/format/stored_column.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace clew::storage {
namespace {

ColumnField TieFieldOf(model::Owner owner) {
  switch (owner) {
    case model::Owner::kResource:
      return ColumnField::kResource;
    case model::Owner::kScope:
      return ColumnField::kScope;
    case model::Owner::kEvent:
      return ColumnField::kEventSpan;
    default:
      return ColumnField::kLinkSpan;
  }
}

template <typename Id>
std::vector<Id> IdsOf(std::string_view bytes) {
  constexpr std::size_t kWidth = sizeof(Id::bytes);
  std::vector<Id> ids(bytes.size() / kWidth);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    std::memcpy(ids[i].bytes.data(), bytes.data() + i * kWidth, kWidth);
  }
  return ids;
}

}  // namespace

Result<LoadedColumn> LoadStored(const ColumnReader& unfetched, const ColumnEntry& column,
                                std::uint32_t row_count) {
  PagePlan plan;
  unfetched.AddColumn(column, /*are_zones_kept=*/false, &plan);
  ASSIGN_OR_RETURN(const ColumnReader reader, unfetched.Fetched(std::move(plan)));
  LoadedColumn loaded{.type = column.type,
                      .parts = reader.PartsOf(column, /*are_zones_kept=*/false)};
  Gaps gaps;
  auto rows = reader.Rows(column, row_count);
  if (!rows.has_value()) return LoadedColumn::Lost(column.type, rows.error());
  loaded.rows = *std::move(rows);
  const WantedRows all = WantedRows::Range(0, column.value_count, column.value_count);
  switch (column.values) {
    case ValuesEncoding::kNumbers: {
      ASSIGN_OR_RETURN(loaded.values, reader.AllNumbers(column, &gaps));
      break;
    }
    case ValuesEncoding::kDictionary: {
      auto dictionary = reader.DictionaryOf(column);
      if (!dictionary.has_value()) {
        return LoadedColumn::Lost(column.type, reader.Describe(column, dictionary.error()));
      }
      ASSIGN_OR_RETURN(auto codes, reader.AllCodes(column, dictionary->texts.size(), &gaps));
      loaded.values = LoadedColumn::Codes{*std::move(dictionary), std::move(codes)};
      break;
    }
    case ValuesEncoding::kPlain: {
      ASSIGN_OR_RETURN(loaded.values, reader.Texts(column, all.rows, &loaded.memory, &gaps));
      break;
    }
    case ValuesEncoding::kFixed8: {
      ASSIGN_OR_RETURN(const auto ids, reader.AllFixedValues(column, &gaps));
      loaded.values = IdsOf<SpanId>(ids);
      break;
    }
    case ValuesEncoding::kFixed16: {
      ASSIGN_OR_RETURN(const auto ids, reader.AllFixedValues(column, &gaps));
      loaded.values = IdsOf<TraceId>(ids);
      break;
    }
    default:
      // Values that carry nothing: only rows say how many there are.
      if (loaded.rows.empty()) loaded.rows = all.rows;
  }
  loaded.LeaveOut(gaps.indexes, column.value_count);
  loaded.damage = std::move(gaps.damage);
  return loaded;
}

Result<LoadedColumn> LoadRows(const ColumnReader& reader, const ColumnEntry& column,
                              std::uint32_t row_count) {
  LoadedColumn loaded{.type = column.type};
  auto rows = reader.Rows(column, row_count);
  if (!rows.has_value()) return LoadedColumn::Lost(column.type, rows.error());
  loaded.rows = *std::move(rows);
  if (loaded.rows.empty()) {
    loaded.rows = WantedRows::Range(0, column.value_count, column.value_count).rows;
  }
  return loaded;
}

Result<LoadedColumn> LoadTies(const ColumnReader& reader, model::Owner owner) {
  const ColumnEntry& column = reader.Required(TieFieldOf(owner));
  ASSIGN_OR_RETURN(LoadedColumn loaded, LoadStored(reader, column, column.value_count));
  const bool is_child = owner == model::Owner::kEvent || owner == model::Owner::kLink;
  const std::int64_t limit = reader.RowCountOf(is_child ? model::Owner::kSpan : owner);
  // They are used without a further check; those of events and links are searched, too.
  const LoadedColumn::Numbers* const numbers = loaded.numbers();
  if (numbers == nullptr) return loaded;
  const bool is_sound = std::ranges::all_of(
      *numbers, [&](std::int64_t number) { return number >= 0 && number < limit; });
  if (is_sound && (!is_child || std::ranges::is_sorted(*numbers))) return loaded;
  const Error error{Code::kDataLoss, "rows that are not there, or not in order"};
  return LoadedColumn::Lost(column.type, reader.Describe(column, error));
}

}  // namespace clew::storage

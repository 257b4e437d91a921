#include "storage/format/loaded_column.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <type_traits>
#include <utility>

namespace clew::storage {
namespace {

template <typename Value>
void Keep(const std::vector<std::uint32_t>& positions, std::vector<Value>* values) {
  for (std::size_t i = 0; i < positions.size(); ++i) (*values)[i] = (*values)[positions[i]];
  values->resize(positions.size());
}

template <typename Value>
std::uint64_t SizeOf(const std::vector<Value>& values) {
  return values.size() * sizeof(Value);
}

// What a column keeps alive.
struct Kept {
  std::vector<std::uint32_t> rows;
  std::vector<Bytes> memory;
  Dictionary dictionary;
  std::variant<std::vector<std::uint8_t>, std::vector<std::uint16_t>, std::vector<std::uint32_t>,
               std::vector<std::int64_t>, std::vector<std::string_view>, std::vector<TraceId>,
               std::vector<SpanId>>
      values;
};

template <typename Narrow, typename Wide>
std::vector<Narrow> Narrowed(const std::vector<Wide>& wide) {
  std::vector<Narrow> narrow;
  narrow.reserve(wide.size());
  for (const Wide value : wide) narrow.push_back(static_cast<Narrow>(value));
  return narrow;
}

// Puts `all` where it stays, and gives a view of it.
template <typename Value>
std::span<const Value> Stay(std::vector<Value> all, Kept* kept) {
  return kept->values.emplace<std::vector<Value>>(std::move(all));
}

scan::CodedTexts Coded(LoadedColumn::Codes coded, Kept* kept) {
  const std::size_t count = coded.dictionary.texts.size();
  kept->dictionary = std::move(coded.dictionary);
  scan::CodedTexts texts{.dictionary = kept->dictionary.texts, .codes = {}};
  if (count <= std::numeric_limits<std::uint8_t>::max() + 1u) {
    texts.codes = Stay(Narrowed<std::uint8_t>(coded.codes), kept);
  } else if (count <= std::numeric_limits<std::uint16_t>::max() + 1u) {
    texts.codes = Stay(Narrowed<std::uint16_t>(coded.codes), kept);
  } else {
    texts.codes = Stay(std::move(coded.codes), kept);
  }
  return texts;
}

ScannedColumn Finish(LoadedColumn column, std::shared_ptr<Kept> kept, scan::Values values) {
  kept->rows = std::move(column.rows);
  kept->memory = std::move(column.memory);
  auto scanned = std::make_shared<scan::Column>(scan::Column{.type = column.type,
                                                             .rows = kept->rows,
                                                             .values = std::move(values),
                                                             .kept = kept,
                                                             .damage = std::move(column.damage),
                                                             .lost = std::move(column.lost),
                                                             .is_lost = column.is_lost});
  const std::uint64_t byte_size =
      sizeof(scan::Column) + sizeof(Kept) + SizeOf(kept->rows) + SizeOf(scanned->lost) +
      SizeOf(kept->dictionary.texts) +
      std::visit([](const auto& all) { return SizeOf(all); }, kept->values);
  return {std::move(scanned), byte_size, std::move(column.parts)};
}

}  // namespace

Result<LoadedColumn> LoadedColumn::Lost(model::ValueType type, const Error& error) {
  if (error.code != Code::kDataLoss) return std::unexpected(error);
  return LoadedColumn{.type = type, .damage = {error}, .is_lost = true};
}

void LoadedColumn::AddLost(const std::vector<std::uint32_t>& more) {
  if (more.empty()) return;
  std::vector<std::uint32_t> all;
  std::ranges::set_union(lost, more, std::back_inserter(all));
  lost = std::move(all);
}

void LoadedColumn::LeaveOut(const std::vector<std::uint32_t>& positions,
                            std::uint32_t value_count) {
  if (positions.empty()) return;
  for (const std::uint32_t i : positions) lost.push_back(RowOf(i));
  std::vector<std::uint32_t> kept;
  kept.reserve(value_count - positions.size());
  auto next = positions.begin();
  for (std::uint32_t i = 0; i < value_count; ++i) {
    if (next != positions.end() && *next == i) {
      ++next;
    } else {
      kept.push_back(i);
    }
  }
  std::visit(
      [&](auto& all) {
        using Held = std::decay_t<decltype(all)>;
        if constexpr (std::is_same_v<Held, Codes>) {
          Keep(kept, &all.codes);
        } else if constexpr (!std::is_same_v<Held, Presence>) {
          Keep(kept, &all);
        }
      },
      values);
  if (rows.empty()) {
    rows = std::move(kept);
  } else {
    Keep(kept, &rows);
  }
}

ScannedColumn ToScan(LoadedColumn column) {
  auto kept = std::make_shared<Kept>();
  scan::Values values = std::visit(
      [&](auto& all) -> scan::Values {
        using Held = std::decay_t<decltype(all)>;
        if constexpr (std::is_same_v<Held, LoadedColumn::Presence>) {
          return scan::Presence{column.rows.size()};
        } else if constexpr (std::is_same_v<Held, LoadedColumn::Codes>) {
          return Coded(std::move(all), kept.get());
        } else {
          return Stay(std::move(all), kept.get());
        }
      },
      column.values);
  return Finish(std::move(column), std::move(kept), std::move(values));
}

ScannedColumn ToScanAsRows(LoadedColumn column) {
  auto kept = std::make_shared<Kept>();
  scan::Values values = std::span<const std::uint32_t>();
  if (const auto* numbers = column.numbers()) {
    values = Stay(Narrowed<std::uint32_t>(*numbers), kept.get());
  }
  return Finish(std::move(column), std::move(kept), std::move(values));
}

}  // namespace clew::storage

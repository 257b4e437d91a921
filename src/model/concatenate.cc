#include "model/concatenate.h"

#include <array>
#include <map>
#include <tuple>

namespace clew::model {
namespace {

// How many rows of each table are there before a part.
using Shifts = std::array<std::size_t, kOwnerCount>;

void AppendShifted(const Column<std::uint32_t>& from, std::size_t shift,
                   Column<std::uint32_t>* to) {
  const std::size_t begin = to->size();
  to->Append(from);
  for (std::uint32_t& row : to->Edit().subspan(begin)) row += static_cast<std::uint32_t>(shift);
}

std::size_t ShiftOf(const Shifts& shifts, Owner owner) {
  return shifts[static_cast<std::size_t>(owner)];
}

using KnownColumns = std::map<std::tuple<Owner, std::string_view, ValueType>, std::size_t>;

// Room for all parts, so that nothing is moved as they come. Gives the place of each attribute
// column.
KnownColumns Prepare(const std::vector<SpanColumnsPtr>& parts, SpanColumns* out) {
  KnownColumns known;
  std::array<std::size_t, kOwnerCount> row_counts{};
  std::vector<std::size_t> value_counts;
  for (const SpanColumnsPtr& part : parts) {
    for (std::size_t i = 0; i < kOwnerCount; ++i) {
      row_counts[i] += RowCount(*part, static_cast<Owner>(i));
    }
    for (const AttributeColumn& column : part->attributes) {
      const auto [entry, is_new] = known.try_emplace(
          std::tuple(column.owner, column.key, column.type), out->attributes.size());
      if (is_new) {
        out->attributes.push_back({column.owner, column.type, column.key, {}, {}, {}});
        value_counts.push_back(0);
      }
      value_counts[entry->second] += column.count();
    }
  }
  ForEachColumn(
      [&](auto role, auto& column) {
        column.reserve(row_counts[static_cast<std::size_t>(role.owner)]);
      },
      *out);
  for (std::size_t i = 0; i < value_counts.size(); ++i) {
    AttributeColumn& column = out->attributes[i];
    column.rows.reserve(value_counts[i]);
    if (HoldsText(column.type)) {
      column.strings.reserve(value_counts[i]);
    } else if (column.type != ValueType::kEmpty) {
      column.numbers.reserve(value_counts[i]);
    }
  }
  return known;
}

}  // namespace

SpanColumns ConcatenateSpans(const std::vector<SpanColumnsPtr>& parts) {
  return *ConcatenateSpans(parts, {});
}

Result<SpanColumns> ConcatenateSpans(const std::vector<SpanColumnsPtr>& parts,
                                     const StopCheck& check) {
  SpanColumns out;
  const KnownColumns known = Prepare(parts, &out);
  for (const SpanColumnsPtr& part : parts) {
    TRY(Ask(check));
    Shifts shifts;
    for (std::size_t i = 0; i < kOwnerCount; ++i) shifts[i] = RowCount(out, static_cast<Owner>(i));
    for (const AttributeColumn& column : part->attributes) {
      TRY(Ask(check));
      AttributeColumn& target =
          out.attributes[known.at(std::tuple(column.owner, column.key, column.type))];
      AppendShifted(column.rows, ShiftOf(shifts, column.owner), &target.rows);
      target.strings.Append(column.strings);
      target.numbers.Append(column.numbers);
    }
    ForEachColumn(
        [&](auto role, const auto& from, auto& to) {
          if constexpr (role.is_reference) {
            AppendShifted(from, ShiftOf(shifts, role.target), &to);
          } else {
            to.Append(from);
          }
        },
        *part, out);
    out.memory.insert(out.memory.end(), part->memory.begin(), part->memory.end());
  }
  return out;
}

}  // namespace clew::model

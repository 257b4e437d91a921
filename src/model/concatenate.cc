#include "model/concatenate.h"

#include <array>
#include <map>
#include <tuple>

namespace clew::model {
namespace {

constexpr std::size_t kOwnerCount = 5;

// How many rows of each table are there before a part.
using Shifts = std::array<std::size_t, kOwnerCount>;

template <typename T>
void Append(const std::vector<T>& from, std::vector<T>* to) {
  to->insert(to->end(), from.begin(), from.end());
}

void AppendShifted(const std::vector<std::uint32_t>& from, std::size_t shift,
                   std::vector<std::uint32_t>* to) {
  for (const std::uint32_t row : from) to->push_back(row + static_cast<std::uint32_t>(shift));
}

std::size_t ShiftOf(const Shifts& shifts, Owner owner) {
  return shifts[static_cast<std::size_t>(owner)];
}

}  // namespace

SpanColumns ConcatenateSpans(const std::vector<SpanColumnsPtr>& parts) {
  SpanColumns out;
  std::map<std::tuple<Owner, std::string_view, ValueType>, std::size_t> known;
  for (const SpanColumnsPtr& part : parts) {
    Shifts shifts;
    for (std::size_t i = 0; i < kOwnerCount; ++i) shifts[i] = RowCount(out, static_cast<Owner>(i));
    for (const AttributeColumn& column : part->attributes) {
      const auto [entry, is_new] = known.try_emplace(
          std::tuple(column.owner, column.key, column.type), out.attributes.size());
      if (is_new) out.attributes.push_back({column.owner, column.type, column.key, {}, {}, {}});
      AttributeColumn& target = out.attributes[entry->second];
      AppendShifted(column.rows, ShiftOf(shifts, column.owner), &target.rows);
      Append(column.strings, &target.strings);
      Append(column.numbers, &target.numbers);
    }
    ForEachColumn(
        [&](auto role, const auto& from, auto& to) {
          if constexpr (role.is_reference) {
            AppendShifted(from, ShiftOf(shifts, role.target), &to);
          } else {
            Append(from, &to);
          }
        },
        *part, out);
    Append(part->memory, &out.memory);
  }
  return out;
}

}  // namespace clew::model

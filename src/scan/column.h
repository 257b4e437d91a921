#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

#include "base/packed_numbers.h"
#include "base/vocabulary.h"
#include "model/value.h"

namespace clew::scan {

using Texts = std::span<const std::string_view>;

/// Texts as places in a dictionary: codes as they are stored, or as wide as the dictionary needs.
struct CodedTexts {
  Texts dictionary;
  /// Each below the size of the dictionary.
  std::variant<base::PackedNumbers, std::span<const std::uint8_t>, std::span<const std::uint16_t>,
               std::span<const std::uint32_t>>
      codes;

  std::size_t count() const;
  std::string_view At(std::size_t position) const;
};

/// Values that carry nothing but that they are there.
struct Presence {
  std::size_t count = 0;
};

/// What a column holds: the type says what a loop over it can do without asking a value.
using Values =
    std::variant<Presence, CodedTexts, Texts, base::PackedNumbers, std::span<const std::int64_t>,
                 std::span<const std::int32_t>, std::span<const std::uint32_t>,
                 std::span<const TraceId>, std::span<const SpanId>>;

/// The values of one (owner, key, type), or of one field, ready to compare. All spans point into
/// what `kept` keeps alive. Immutable.
struct Column {
  model::ValueType type = model::ValueType::kEmpty;
  /// Row of each value in its owner's table, ascending; empty when value i belongs to row i.
  std::span<const std::uint32_t> rows{};
  Values values{};
  std::shared_ptr<const void> kept{};
  /// Why values are missing that were there once.
  std::vector<Error> damage{};
  /// Rows whose value is lost, ascending. What stands here in its place, if anything, is a guess.
  std::vector<std::uint32_t> lost{};
  /// Any row may have had a value here: even which ones did is lost.
  bool is_lost = false;

  std::size_t count() const;
  std::uint32_t RowOf(std::size_t position) const {
    return rows.empty() ? static_cast<std::uint32_t>(position) : rows[position];
  }
  /// Of a column of texts, coded or not; else empty.
  std::string_view TextAt(std::size_t position) const;
  /// Of a column of numbers, packed or not; else 0.
  std::int64_t NumberAt(std::size_t position) const;
  /// Of a column whose values are of this type, else none.
  template <typename T>
  std::span<const T> all() const {
    const auto* found = std::get_if<std::span<const T>>(&values);
    return found == nullptr ? std::span<const T>() : *found;
  }
};
using ColumnPtr = std::shared_ptr<const Column>;

/// A column that views what it owns: `Owned` is moved to where it stays, and `view` says which
/// values of it there are.
template <typename Owned, typename View>
Column OwningColumn(model::ValueType type, Owned owned, const View& view) {
  const auto kept = std::make_shared<const Owned>(std::move(owned));
  return {.type = type, .values = view(*kept), .kept = kept};
}

/// Of which nothing is known but why.
ColumnPtr LostColumn(model::ValueType type, std::vector<Error> damage);

}  // namespace clew::scan

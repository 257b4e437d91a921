#include "model/semantic_names.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>

#include "model/semantic_renames.h"

namespace clew::model {
namespace {

using Rows = std::span<const SemanticRename>;

/// How many of the first rows are of one attribute: the next one renames to none of its names.
constexpr std::size_t RowsOfFirst(Rows rows) {
  std::size_t count = 1;
  const auto is_name = [&](std::string_view name) {
    return name == rows[0].newer ||
           std::ranges::find(rows.first(count), name, &SemanticRename::older) !=
               rows.first(count).end();
  };
  while (count < rows.size() && is_name(rows[count].newer)) ++count;
  return count;
}

/// Calls with the rows of each attribute.
template <typename F>
constexpr void ForEachAttribute(F&& call) {
  for (Rows rows = kSemanticRenames; !rows.empty();) {
    const std::size_t count = RowsOfFirst(rows);
    call(rows.first(count));
    rows = rows.subspan(count);
  }
}

/// FNV-1a.
constexpr std::size_t HashOf(std::string_view key) {
  std::uint64_t hash = 14695981039346656037u;
  for (const char byte : key) hash = (hash ^ static_cast<std::uint8_t>(byte)) * 1099511628211u;
  // The upper half is mixed better than the few lowest bits.
  return static_cast<std::size_t>(hash ^ hash >> 32);
}

/// Where the other names of a name are.
struct Slot {
  std::string_view name{};
  std::size_t begin = 0;
  std::size_t count = 0;
};

struct Sizes {
  std::size_t names = 0;
  std::size_t others = 0;
};

consteval Sizes SizesOfAll() {
  Sizes sizes;
  ForEachAttribute([&](Rows rows) {
    sizes.names += rows.size() + 1;
    sizes.others += (rows.size() + 1) * rows.size();
  });
  return sizes;
}

/// At most half full, so that a search soon meets an empty one.
constexpr std::size_t kSlots = std::bit_ceil(2 * SizesOfAll().names);

struct Index {
  std::array<Slot, kSlots> slots{};
  /// For each name all others of its attribute.
  std::array<std::string_view, SizesOfAll().others> others{};
};

consteval Index MakeIndex() {
  Index index;
  std::size_t end = 0;
  ForEachAttribute([&](Rows rows) {
    const auto name_at = [&](std::size_t i) { return i == 0 ? rows[0].newer : rows[i - 1].older; };
    for (std::size_t i = 0; i <= rows.size(); ++i) {
      std::size_t at = HashOf(name_at(i)) % kSlots;
      while (!index.slots[at].name.empty()) at = (at + 1) % kSlots;
      index.slots[at] = {name_at(i), end, rows.size()};
      for (std::size_t other = 0; other <= rows.size(); ++other) {
        if (other != i) index.others[end++] = name_at(other);
      }
    }
  });
  return index;
}

constexpr Index kIndex = MakeIndex();

}  // namespace

std::span<const SemanticRename> SemanticRenames() { return kSemanticRenames; }

std::span<const std::string_view> SameNamesAs(std::string_view key) {
  for (std::size_t at = HashOf(key) % kSlots; !kIndex.slots[at].name.empty();
       at = (at + 1) % kSlots) {
    const Slot& slot = kIndex.slots[at];
    if (slot.name == key) return std::span(kIndex.others).subspan(slot.begin, slot.count);
  }
  return {};
}

}  // namespace clew::model

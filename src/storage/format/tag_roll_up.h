#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "expr/field.h"
#include "model/value.h"
#include "storage/format/row_group_directory.h"

namespace clew::storage {

/// What may be asked for by its name: a field, or the attributes of one owner, type and key.
struct TagName {
  /// kAttribute, or one of the fields whose values are listed.
  ColumnField field = ColumnField::kAttribute;
  /// Of attributes.
  model::Owner owner = model::Owner::kSpan;
  model::ValueType type = model::ValueType::kEmpty;
  std::string key{};

  auto operator<=>(const TagName&) const = default;
  /// The values are numbers, as in columns: doubles by their bits.
  bool holds_numbers() const;
  /// Its values can be in a list: they are no octets, arrays or key-value lists, and not empty.
  bool has_listed_values() const {
    return field != ColumnField::kAttribute ||
           (type >= model::ValueType::kString && type <= model::ValueType::kDouble);
  }
};

/// Which tag somebody asks for, whatever its type.
struct TagQuestion {
  /// Nothing: attributes.
  std::optional<expr::Field> field{};
  /// Of one of these.
  std::span<const model::Owner> owners{};
  /// As it is shown.
  std::string_view key{};

  bool IsOf(const TagName& name) const;
};
/// True for fields whose values are in roll-ups.
bool IsRolled(expr::Field field);

/// One of the values of a tag, and how many there are of it.
struct TagValue {
  std::string text{};
  std::int64_t number = 0;
  std::uint64_t count = 0;
};

/// How often a tag is there, and with which values.
struct TagCount {
  TagName name{};
  std::uint64_t value_count = 0;
  /// `values` are all of them; else there are none here, as they are too many, too long, or of a
  /// kind that is not listed.
  bool has_values = false;
  /// Ascending, each once.
  std::vector<TagValue> values{};
};
/// Ascending by name, each once.
using TagCounts = std::vector<TagCount>;

/// About how much memory they take.
std::uint64_t MemoryOf(const TagCounts& tags);

/// A row group or a block with more has no roll-up of tags.
inline constexpr std::size_t kRolledTagsMax = 4096;
/// A tag with more different ones keeps none of them.
inline constexpr std::size_t kRolledValuesMax = 1024;
/// Nor does one of which they are larger than this, before they are packed.
inline constexpr std::uint64_t kRolledValueBytesMax = 64u << 10;
/// Of all tags, packed: those with most lose theirs until the rest has room. The names before they
/// are packed have as much; with more there is no roll-up.
inline constexpr std::uint64_t kTagRollUpBytesMax = 1u << 20;

/// The tags of a whole block as bytes (docs/formats/block.md).
struct TagRollUp {
  /// Empty when there is none.
  std::string names;
  /// The values of one tag after those of the other; each can be read alone.
  std::string values;
};
/// `parts`: of each row group. Null stands for one whose tags are too many.
TagRollUp MakeTagRollUp(std::span<const TagCounts* const> parts);

/// A tag of a block, and where its values are.
struct RolledTag {
  TagName name{};
  std::uint64_t value_count = 0;
  /// In the values of the roll-up; 0 long when they are not in there.
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  std::uint64_t checksum = 0;
};
/// Ascending by name, each once.
using RolledTags = std::vector<RolledTag>;

/// `values_length`: of the values of the roll-up, which no tag reaches past. Nothing when the page
/// is not well formed.
std::optional<RolledTags> DecodeTagNames(std::string_view page, std::uint64_t values_length);
/// All values of `tag`. Nothing when they are not well formed, or say more than the tag has.
std::optional<std::vector<TagValue>> DecodeTagValues(const RolledTag& tag, std::string_view page);

}  // namespace clew::storage

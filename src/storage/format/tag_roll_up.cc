#include "storage/format/tag_roll_up.h"

#include <algorithm>
#include <map>
#include <utility>

#include "base/compression.h"
#include "base/hash.h"
#include "storage/encoding/byte_stream.h"
#include "storage/format/asked_fields.h"
#include "wire/otlp/json_text.h"

namespace clew::storage {
namespace {

// kOverflow for those that are not in roll-ups.
ColumnField RolledFieldOf(expr::Field field) {
  if (field == expr::Field::kService) return ColumnField::kOperationService;
  const AskedField* asked = FindAsked(field);
  const bool is_counted = asked != nullptr && asked->counted != AskedField::Counted::kNot;
  return is_counted ? asked->stored : ColumnField::kOverflow;
}

std::string Packed(std::string_view raw) {
  std::string page;
  ByteWriter(&page).Varint(raw.size());
  page.append(base::ZstdCompress(raw));
  return page;
}

std::optional<std::string> Unpacked(std::string_view page, std::uint64_t bytes_max) {
  ByteReader header(page);
  const std::uint64_t size = header.Varint();
  if (!header.ok() || size > bytes_max) return std::nullopt;
  std::string raw(size, '\0');
  if (!base::ZstdDecompressInto(header.rest(), raw.data(), size).has_value()) return std::nullopt;
  return raw;
}

bool ComesBefore(const TagValue& a, const TagValue& b, bool are_numbers) {
  return are_numbers ? a.number < b.number : a.text < b.text;
}

// What row groups say of one tag, brought together.
class JoinedTag {
 public:
  void Add(const TagCount& part) {
    value_count_ += part.value_count;
    if (!part.has_values) return LetGo();
    if (!has_values_) return;
    for (const TagValue& value : part.values) {
      counts_[{value.text, value.number}] += value.count;
    }
    if (counts_.size() > kRolledValuesMax) LetGo();
  }
  void LetGo() {
    has_values_ = false;
    counts_.clear();
  }
  std::uint64_t value_count() const { return value_count_; }

  // Empty when they are not kept.
  std::string Page(bool are_numbers) const {
    if (!has_values_) return {};
    std::string raw;
    ByteWriter writer(&raw);
    writer.Varint(counts_.size());
    for (const auto& [value, count] : counts_) {
      if (are_numbers) {
        writer.Fixed(value.second);
      } else {
        writer.Text(value.first);
      }
      writer.Varint(count);
    }
    return raw.size() > kRolledValueBytesMax ? std::string() : Packed(raw);
  }

 private:
  std::uint64_t value_count_ = 0;
  bool has_values_ = true;
  // By text and number, of which one is always the same.
  std::map<std::pair<std::string_view, std::int64_t>, std::uint64_t> counts_;
};

// The pages of those with most are dropped until the rest has room.
void Fit(std::vector<std::string>* pages) {
  std::uint64_t size = 0;
  for (const std::string& page : *pages) size += page.size();
  while (size > kTagRollUpBytesMax) {
    const auto largest = std::ranges::max_element(*pages, {}, &std::string::size);
    size -= largest->size();
    *largest = {};
  }
}

}  // namespace

bool TagName::holds_numbers() const {
  if (field == ColumnField::kAttribute) return !model::HoldsText(type);
  return field == ColumnField::kKind || field == ColumnField::kStatusCode;
}

bool IsRolled(expr::Field field) { return RolledFieldOf(field) != ColumnField::kOverflow; }

bool TagQuestion::IsOf(const TagName& name) const {
  if (field) return name.field == RolledFieldOf(*field);
  return name.field == ColumnField::kAttribute &&
         std::ranges::find(owners, name.owner) != owners.end() &&
         wire::otlp::IsShownAs(name.key, key);
}

std::uint64_t MemoryOf(const TagCounts& tags) {
  std::uint64_t bytes = tags.capacity() * sizeof(TagCount);
  for (const TagCount& tag : tags) {
    bytes += tag.name.key.size() + tag.values.capacity() * sizeof(TagValue);
    for (const TagValue& value : tag.values) bytes += value.text.size();
  }
  return bytes;
}

TagRollUp MakeTagRollUp(std::span<const TagCounts* const> parts) {
  std::map<TagName, JoinedTag> tags;
  for (const TagCounts* part : parts) {
    if (part == nullptr) return {};
    for (const TagCount& tag : *part) tags[tag.name].Add(tag);
    if (tags.size() > kRolledTagsMax) return {};
  }
  std::vector<std::string> pages;
  for (const auto& [name, tag] : tags) pages.push_back(tag.Page(name.holds_numbers()));
  Fit(&pages);
  TagRollUp roll_up;
  std::string raw;
  ByteWriter writer(&raw);
  writer.Varint(tags.size());
  auto page = pages.begin();
  for (const auto& [name, tag] : tags) {
    writer.Fixed(static_cast<std::uint8_t>(name.field));
    if (name.field == ColumnField::kAttribute) {
      writer.Fixed(static_cast<std::uint8_t>(name.owner));
      writer.Fixed(static_cast<std::uint8_t>(name.type));
      writer.Text(name.key);
    }
    writer.Varint(tag.value_count());
    writer.Varint(page->size());
    if (!page->empty()) writer.Fixed(base::Hash64(*page));
    roll_up.values += *page++;
  }
  if (raw.size() > kTagRollUpBytesMax) return {};
  roll_up.names = Packed(raw);
  return roll_up;
}

std::optional<RolledTags> DecodeTagNames(std::string_view page, std::uint64_t values_length) {
  const auto raw = Unpacked(page, kTagRollUpBytesMax);
  if (!raw) return std::nullopt;
  RolledTags tags;
  ByteReader reader(*raw);
  const std::uint64_t count = reader.Varint();
  if (count > kRolledTagsMax) return std::nullopt;
  std::uint64_t offset = 0;
  for (std::uint64_t i = 0; i < count && reader.ok(); ++i) {
    RolledTag tag;
    tag.name.field = static_cast<ColumnField>(reader.Fixed<std::uint8_t>());
    if (tag.name.field == ColumnField::kAttribute) {
      const auto owner = reader.Fixed<std::uint8_t>();
      const auto type = reader.Fixed<std::uint8_t>();
      if (owner >= model::kOwnerCount || type > static_cast<int>(model::ValueType::kKvList)) {
        return std::nullopt;
      }
      tag.name.owner = static_cast<model::Owner>(owner);
      tag.name.type = static_cast<model::ValueType>(type);
      tag.name.key = reader.Text();
    }
    tag.value_count = reader.Varint();
    tag.length = reader.Varint();
    if (tag.length > values_length - offset) return std::nullopt;
    if (tag.length > 0) {
      tag.offset = offset;
      tag.checksum = reader.Fixed<std::uint64_t>();
    }
    offset += tag.length;
    if (!tags.empty() && !(tags.back().name < tag.name)) return std::nullopt;
    tags.push_back(std::move(tag));
  }
  if (!reader.ok() || !reader.rest().empty()) return std::nullopt;
  return tags;
}

std::optional<std::vector<TagValue>> DecodeTagValues(const RolledTag& tag, std::string_view page) {
  const auto raw = Unpacked(page, kRolledValueBytesMax);
  if (!raw) return std::nullopt;
  const bool are_numbers = tag.name.holds_numbers();
  std::vector<TagValue> values;
  ByteReader reader(*raw);
  const std::uint64_t count = reader.Varint();
  if (count > kRolledValuesMax) return std::nullopt;
  std::uint64_t left = tag.value_count;
  for (std::uint64_t i = 0; i < count && reader.ok(); ++i) {
    TagValue value;
    if (are_numbers) {
      value.number = reader.Fixed<std::int64_t>();
    } else {
      value.text = reader.Text();
    }
    value.count = reader.Varint();
    const bool is_next = values.empty() || ComesBefore(values.back(), value, are_numbers);
    if (!is_next || value.count > left) return std::nullopt;
    left -= value.count;
    values.push_back(std::move(value));
  }
  if (!reader.ok() || !reader.rest().empty()) return std::nullopt;
  return values;
}

}  // namespace clew::storage

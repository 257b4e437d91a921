#include "wire/otlp/attribute_scatter.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "wire/otlp/fields.h"
#include "wire/otlp/nested_value.h"

namespace clew::wire::otlp {

using model::AttributeColumn;
using model::Owner;
using model::ValueType;

std::string_view BatchMemory::Keep(std::string text) {
  constexpr std::size_t kChunkSize = 64u << 10;
  if (text.size() > kChunkSize / 8) {
    out_->memory.emplace_back(std::move(text));
    return out_->memory.back().view();
  }
  if (text.size() > chunk_left_) {
    chunk_ = std::make_shared_for_overwrite<char[]>(kChunkSize);
    chunk_left_ = kChunkSize;
    out_->memory.emplace_back(chunk_, std::string_view(chunk_.get(), kChunkSize));
  }
  char* const target = chunk_.get() + (kChunkSize - chunk_left_);
  std::ranges::copy(text, target);
  chunk_left_ -= text.size();
  return {target, text.size()};
}

void JoinedViews::Add(std::string_view view) {
  if (!copy_.empty()) {
    copy_ += view;
  } else if (view_.empty()) {
    view_ = view;
  } else if (view_.data() + view_.size() == view.data()) {
    view_ = {view_.data(), view_.size() + view.size()};
  } else {
    copy_.append(view_).append(view);
  }
}

std::string_view JoinedViews::Take(BatchMemory& memory) {
  const std::string_view joined = copy_.empty() ? view_ : memory.Keep(std::exchange(copy_, {}));
  view_ = {};
  return joined;
}

std::string_view CutText(std::string_view text, std::uint64_t bytes_max,
                         std::atomic<std::uint64_t>& counter) {
  if (text.size() <= bytes_max) return text;
  counter.fetch_add(1, std::memory_order_relaxed);
  std::size_t length = bytes_max;
  // Not inside a UTF-8 character: continuation bytes are 10xxxxxx.
  while (length > 0 && (static_cast<unsigned char>(text[length]) & 0xc0) == 0x80) --length;
  return text.substr(0, length);
}

AttributeScatter::AttributeScatter(const DecodeLimits& limits, DecodeCounts& counts,
                                   model::SpanColumns* out)
    : limits_(limits),
      counts_(counts),
      out_(out),
      memory_(out),
      keys_left_(limits.attribute_keys_max) {}

void AttributeScatter::Add(Row& row, std::string_view key_value) {
  if (row.position >= limits_.attribute_count_max) {
    counts_.attributes_dropped.fetch_add(1, std::memory_order_relaxed);
    ++row.dropped;
    return;
  }
  std::string_view key;
  ReadValue value;
  Reader reader = ReaderOf(key_value);
  while (reader.next()) {
    const auto tag = TagOf<field::KeyValue>(reader);
    if (IsBytes(reader) && tag == field::KeyValue::kKey) {
      key = ReadView(reader);
    } else if (IsBytes(reader) && tag == field::KeyValue::kValue) {
      value = Read(ReadView(reader));
    } else {
      reader.skip();
    }
  }
  key = CutText(key, limits_.attribute_key_bytes_max, counts_.keys_truncated);
  ApplyLimits(&value);
  AttributeColumn* const column = ColumnFor(row, key, value.type);
  if (column == nullptr) {
    counts_.keys_dropped.fetch_add(1, std::memory_order_relaxed);
    ++row.dropped;
    return;
  }
  column->rows.push_back(row.index);
  switch (value.type) {
    case ValueType::kEmpty:
      break;
    case ValueType::kBool:
    case ValueType::kInt:
    case ValueType::kDouble:
      column->numbers.push_back(value.number);
      break;
    case ValueType::kString:
    case ValueType::kBytes:
    case ValueType::kArray:
    case ValueType::kKvList:
      column->strings.push_back(value.text);
      break;
  }
  ++row.position;
}

AttributeScatter::ReadValue AttributeScatter::Read(std::string_view any_value) {
  ReadValue value;
  Reader reader = ReaderOf(any_value);
  while (reader.next()) {
    const auto tag = TagOf<field::AnyValue>(reader);
    if (IsBytes(reader)) {
      const std::string_view text = ReadView(reader);
      if (tag == field::AnyValue::kString) value = {ValueType::kString, text, 0};
      if (tag == field::AnyValue::kBytes) value = {ValueType::kBytes, text, 0};
      if (tag == field::AnyValue::kArray) value = {ValueType::kArray, text, 0};
      if (tag == field::AnyValue::kKvList) value = {ValueType::kKvList, text, 0};
    } else if (IsVarint(reader) && tag == field::AnyValue::kInt) {
      value = {ValueType::kInt, {}, reader.get_int64()};
    } else if (IsVarint(reader) && tag == field::AnyValue::kBool) {
      value = {ValueType::kBool, {}, reader.get_uint64() != 0 ? 1 : 0};
    } else if (IsFixed64(reader) && tag == field::AnyValue::kDouble) {
      value = {ValueType::kDouble, {}, std::bit_cast<std::int64_t>(reader.get_double())};
    } else {
      reader.skip();
    }
  }
  return value;
}

void AttributeScatter::ApplyLimits(ReadValue* value) {
  const bool is_nested = value->type == ValueType::kArray || value->type == ValueType::kKvList;
  if (is_nested && NestedDepth(value->type, value->text, limits_.nesting_depth_max) >
                       limits_.nesting_depth_max) {
    counts_.values_too_deep.fetch_add(1, std::memory_order_relaxed);
    value->text = memory_.Keep(CutNestedValue(value->type, value->text, limits_.nesting_depth_max));
  }
  if (value->text.size() <= limits_.attribute_value_bytes_max) return;
  if (value->type == ValueType::kString) {
    value->text = CutText(value->text, limits_.attribute_value_bytes_max, counts_.values_truncated);
    return;
  }
  counts_.values_truncated.fetch_add(1, std::memory_order_relaxed);
  if (is_nested) {
    // Half an array is not the array: what is too large goes whole.
    *value = ReadValue{};
  } else {
    value->text = value->text.substr(0, limits_.attribute_value_bytes_max);
  }
}

AttributeColumn* AttributeScatter::ColumnFor(const Row& row, std::string_view key, ValueType type) {
  auto& recent = recent_[static_cast<std::size_t>(row.owner)];
  if (row.position >= recent.size()) recent.resize(row.position + 1, {kNoColumn, kNoColumn});
  std::array<std::uint32_t, 2>& seen = recent[row.position];
  for (const std::uint32_t index : seen) {
    if (index == kNoColumn) continue;
    AttributeColumn& column = out_->attributes[index];
    if (column.type == type && column.key == key) return &column;
  }
  const std::uint32_t index = FindOrAdd(row.owner, key, type);
  if (index == kNoColumn) return nullptr;
  seen = {index, seen[0]};
  return &out_->attributes[index];
}

std::uint32_t AttributeScatter::FindOrAdd(Owner owner, std::string_view key, ValueType type) {
  auto& columns =
      columns_[static_cast<std::size_t>(owner) * kValueTypeCount + static_cast<std::size_t>(type)];
  if (const auto found = columns.find(key); found != columns.end()) return found->second;
  if (keys_left_ == 0) return kNoColumn;
  --keys_left_;
  const auto index = static_cast<std::uint32_t>(out_->attributes.size());
  columns.emplace(key, index);
  AttributeColumn& column = out_->attributes.emplace_back();
  column.owner = owner;
  column.type = type;
  column.key = key;
  return index;
}

}  // namespace clew::wire::otlp

#include "wire/otlp/attribute_scatter.h"

#include <bit>
#include <utility>

#include "wire/otlp/fields.h"
#include "wire/otlp/nested_value.h"

namespace clew::wire::otlp {

using model::AttributeColumn;
using model::Owner;
using model::ValueType;

std::string_view BatchMemory::Keep(std::string text) {
  out_->memory.emplace_back(std::move(text));
  return out_->memory.back().view();
}

std::string_view BatchMemory::Join(std::string_view a, std::string_view b) {
  if (a.empty()) return b;
  if (b.empty()) return a;
  if (a.data() + a.size() == b.data()) return {a.data(), a.size() + b.size()};
  return Keep(std::string(a).append(b));
}

AttributeScatter::AttributeScatter(const DecodeLimits& limits, DecodeCounts& counts,
                                   model::SpanColumns* out)
    : limits_(limits), counts_(counts), out_(out), memory_(out) {}

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
  ApplyLimits(&value);
  AttributeColumn& column = ColumnFor(row, key, value.type);
  column.rows.push_back(row.index);
  switch (value.type) {
    case ValueType::kEmpty:
      break;
    case ValueType::kBool:
    case ValueType::kInt:
    case ValueType::kDouble:
      column.numbers.push_back(value.number);
      break;
    case ValueType::kString:
    case ValueType::kBytes:
    case ValueType::kArray:
    case ValueType::kKvList:
      column.strings.push_back(value.text);
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
  counts_.values_truncated.fetch_add(1, std::memory_order_relaxed);
  if (is_nested) {
    // Half an array is not the array: what is too large goes whole.
    *value = ReadValue{};
    return;
  }
  std::size_t length = limits_.attribute_value_bytes_max;
  if (value->type == ValueType::kString) {
    // Not inside a UTF-8 character: continuation bytes are 10xxxxxx.
    while (length > 0 && (static_cast<unsigned char>(value->text[length]) & 0xc0) == 0x80) --length;
  }
  value->text = value->text.substr(0, length);
}

AttributeColumn& AttributeScatter::ColumnFor(const Row& row, std::string_view key, ValueType type) {
  auto& recent = recent_[static_cast<std::size_t>(row.owner)];
  if (row.position >= recent.size()) recent.resize(row.position + 1, {kNoColumn, kNoColumn});
  std::array<std::uint32_t, 2>& seen = recent[row.position];
  for (const std::uint32_t index : seen) {
    if (index == kNoColumn) continue;
    AttributeColumn& column = out_->attributes[index];
    if (column.type == type && column.key == key) return column;
  }
  const std::uint32_t index = FindOrAdd(row.owner, key, type);
  seen = {index, seen[0]};
  return out_->attributes[index];
}

std::uint32_t AttributeScatter::FindOrAdd(Owner owner, std::string_view key, ValueType type) {
  auto& columns =
      columns_[static_cast<std::size_t>(owner) * kValueTypeCount + static_cast<std::size_t>(type)];
  const auto [entry, is_new] =
      columns.try_emplace(key, static_cast<std::uint32_t>(out_->attributes.size()));
  if (is_new) {
    AttributeColumn& column = out_->attributes.emplace_back();
    column.owner = owner;
    column.type = type;
    column.key = key;
  }
  return entry->second;
}

}  // namespace clew::wire::otlp

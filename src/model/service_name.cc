#include "model/service_name.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace clew::model {
namespace {

/// Empty for what names nothing.
std::string NameText(ValueType type, std::string_view text, std::int64_t number) {
  switch (type) {
    case ValueType::kString:
      return std::string(text);
    case ValueType::kBool:
      return number != 0 ? "true" : "false";
    case ValueType::kInt:
      return std::to_string(number);
    case ValueType::kDouble:
      return ValueToText({std::bit_cast<double>(number)});
    case ValueType::kBytes:
      return ValueToText({ByteString{std::string(text)}});
    case ValueType::kEmpty:
    case ValueType::kArray:
    case ValueType::kKvList:
      break;
  }
  return {};
}

}  // namespace

void ServiceNames::Add(std::uint32_t row, ValueType type, std::string_view text,
                       std::int64_t number) {
  Name& name = names_[row];
  // The numbers of the types that name something are in the order in which they are preferred.
  if (name.type != ValueType::kEmpty && name.type <= type) return;
  std::string candidate = NameText(type, text, number);
  if (!candidate.empty()) name = {std::move(candidate), type};
}

std::vector<std::string> ServiceNames::Take() {
  std::vector<std::string> names;
  names.reserve(names_.size());
  for (Name& name : names_) {
    names.push_back(name.text.empty() ? std::string(kNoServiceName) : std::move(name.text));
  }
  return names;
}

std::string ServiceName(const Attributes& resource) {
  ServiceNames names(1);
  for (const auto& [key, value] : resource) {
    if (key != kServiceNameKey) continue;
    if (const auto* text = std::get_if<std::string>(&value.data)) {
      names.Add(0, value.type(), *text, 0);
    } else if (const auto* bytes = std::get_if<ByteString>(&value.data)) {
      names.Add(0, value.type(), bytes->bytes, 0);
    } else if (const auto* truth = std::get_if<bool>(&value.data)) {
      names.Add(0, value.type(), {}, *truth ? 1 : 0);
    } else if (const auto* number = std::get_if<std::int64_t>(&value.data)) {
      names.Add(0, value.type(), {}, *number);
    } else if (const auto* real = std::get_if<double>(&value.data)) {
      names.Add(0, value.type(), {}, std::bit_cast<std::int64_t>(*real));
    }
  }
  return std::move(names.Take().front());
}

ServiceNameViews::ServiceNameViews(const SpanColumns& columns)
    : names_(columns.resources.count(), kNoServiceName) {
  std::vector<ValueType> types(names_.size(), ValueType::kEmpty);
  for (const AttributeColumn& column : columns.attributes) {
    if (column.owner != Owner::kResource || column.key != kServiceNameKey) continue;
    if (column.type == ValueType::kEmpty || column.type > ValueType::kBytes) continue;
    for (std::size_t i = 0; i < column.count(); ++i) {
      ValueType& type = types[column.rows[i]];
      // As ServiceNames::Add.
      if (type != ValueType::kEmpty && type <= column.type) continue;
      const std::string_view name = NameOf(column, i);
      if (name.empty()) continue;
      names_[column.rows[i]] = name;
      type = column.type;
    }
  }
}

std::string_view ServiceNameViews::NameOf(const AttributeColumn& column, std::size_t value) {
  if (column.type == ValueType::kString) return column.strings[value];
  if (column.type != ValueType::kBytes) {
    return of_numbers_.emplace_front(NameText(column.type, {}, column.numbers[value]));
  }
  const std::string_view bytes = column.strings[value];
  const auto [made, is_new] =
      of_bytes_.try_emplace(std::pair(bytes.data(), bytes.size()), std::string());
  if (is_new) made->second = NameText(column.type, bytes, 0);
  return made->second;
}

std::uint64_t ServiceNameViews::BytesMax(const SpanColumns& columns) {
  // Nodes, and what the allocator adds.
  constexpr std::uint64_t kNumberBytes = 96;
  constexpr std::uint64_t kOctetsBytes = 128;
  std::uint64_t bytes = columns.resources.count() * (sizeof(std::string_view) + sizeof(ValueType));
  // Octets that values share are not more than what is kept alive.
  std::uint64_t held = 0;
  for (const Bytes& memory : columns.memory) held += memory.size();
  for (const AttributeColumn& column : columns.attributes) {
    if (column.owner != Owner::kResource || column.key != kServiceNameKey) continue;
    if (column.type == ValueType::kBytes) {
      std::uint64_t octets = 0;
      for (const std::string_view text : column.strings) octets += text.size();
      // In base64, while it grows.
      bytes += column.count() * kOctetsBytes + 3 * std::min(octets, held);
    } else if (!HoldsText(column.type)) {
      bytes += column.count() * kNumberBytes;
    }
  }
  return bytes;
}

std::vector<std::string> ServiceNamesOf(const SpanColumns& columns) {
  const ServiceNameViews views(columns);
  std::vector<std::string> names;
  names.reserve(views.size());
  for (std::size_t row = 0; row < views.size(); ++row) names.emplace_back(views[row]);
  return names;
}

}  // namespace clew::model

#include "model/service_name.h"

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

std::vector<std::string> ServiceNamesOf(const SpanColumns& columns) {
  ServiceNames names(columns.resources.count());
  for (const AttributeColumn& column : columns.attributes) {
    if (column.owner != Owner::kResource || column.key != kServiceNameKey) continue;
    for (std::size_t i = 0; i < column.rows.size(); ++i) {
      names.Add(column.rows[i], column.type,
                column.strings.empty() ? std::string_view() : column.strings[i],
                column.numbers.empty() ? 0 : column.numbers[i]);
    }
  }
  return names.Take();
}

}  // namespace clew::model

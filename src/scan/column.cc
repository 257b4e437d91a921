#include "scan/column.h"

#include <type_traits>
#include <utility>

namespace clew::scan {

namespace {

std::size_t SizeOf(const base::PackedNumbers& numbers) { return numbers.count; }
std::size_t SizeOf(const Presence& values) { return values.count; }
std::size_t SizeOf(const CodedTexts& texts) { return texts.count(); }
template <typename T>
std::size_t SizeOf(std::span<const T> values) {
  return values.size();
}

}  // namespace

std::size_t CodedTexts::count() const {
  return std::visit([](const auto& all) { return SizeOf(all); }, codes);
}

std::string_view CodedTexts::At(std::size_t position) const {
  return std::visit(
      [&](const auto& all) {
        if constexpr (std::is_same_v<std::decay_t<decltype(all)>, base::PackedNumbers>) {
          return dictionary[static_cast<std::size_t>(all.At(position))];
        } else {
          return dictionary[all[position]];
        }
      },
      codes);
}

std::size_t Column::count() const {
  return std::visit([](const auto& all) { return SizeOf(all); }, values);
}

std::int64_t Column::NumberAt(std::size_t position) const {
  if (const auto* packed = std::get_if<base::PackedNumbers>(&values)) return packed->At(position);
  const auto* numbers = std::get_if<std::span<const std::int64_t>>(&values);
  return numbers == nullptr ? 0 : (*numbers)[position];
}

std::string_view Column::TextAt(std::size_t position) const {
  if (const auto* coded = std::get_if<CodedTexts>(&values)) return coded->At(position);
  const auto* texts = std::get_if<Texts>(&values);
  return texts == nullptr ? std::string_view() : (*texts)[position];
}

ColumnPtr LostColumn(model::ValueType type, std::vector<Error> damage) {
  auto column = std::make_shared<Column>();
  column->type = type;
  column->damage = std::move(damage);
  column->is_lost = true;
  return column;
}

}  // namespace clew::scan

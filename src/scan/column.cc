#include "scan/column.h"

#include <type_traits>
#include <utility>

namespace clew::scan {

std::size_t CodedTexts::count() const {
  return std::visit([](const auto& all) { return all.size(); }, codes);
}

std::string_view CodedTexts::At(std::size_t position) const {
  return std::visit([&](const auto& all) { return dictionary[all[position]]; }, codes);
}

std::size_t Column::count() const {
  return std::visit(
      [](const auto& all) -> std::size_t {
        if constexpr (std::is_same_v<std::decay_t<decltype(all)>, Presence>) {
          return all.count;
        } else if constexpr (std::is_same_v<std::decay_t<decltype(all)>, CodedTexts>) {
          return all.count();
        } else {
          return all.size();
        }
      },
      values);
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

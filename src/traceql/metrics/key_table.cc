#include "traceql/metrics/key_table.h"

namespace clew::traceql::metrics {

/// With a node of the table, its bucket and the view.
std::uint64_t KeyTable::BytesOf(std::string_view key) {
  constexpr std::uint64_t kNode =
      8 * sizeof(void*) + sizeof(std::string) + sizeof(std::string_view);
  return kNode + key.size();
}

std::optional<std::uint32_t> KeyTable::Number(std::string_view key) {
  if (const auto known = numbers_.find(key); known != numbers_.end()) return known->second;
  if (!meter_.TryTake(BytesOf(key))) return std::nullopt;
  const auto number = static_cast<std::uint32_t>(keys_.size());
  keys_.emplace_back(numbers_.emplace(key, number).first->first);
  return number;
}

void KeyTable::Clear() {
  for (const std::string_view key : keys_) meter_.GiveBack(BytesOf(key));
  keys_.clear();
  numbers_.clear();
}

}  // namespace clew::traceql::metrics

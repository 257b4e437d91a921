#include "query/call_counts.h"

#include <utility>

#include "wire/otlp/json_text.h"

namespace clew::query {

std::uint32_t ServiceCodes::CodeOf(std::string_view name) {
  const auto found = codes_.find(name);
  if (found != codes_.end()) return found->second;
  const auto code = static_cast<std::uint32_t>(names_.size());
  names_.push_back(&codes_.emplace(name, code).first->first);
  return code;
}

Status CallCounts::Add(std::string_view parent, std::string_view child, std::uint64_t count) {
  const auto [entry, is_new] =
      counts_.try_emplace(std::pair(std::string(parent), std::string(child)), 0);
  entry->second += count;
  return is_new ? memory_.Take(kLinkBytes + 3 * (parent.size() + child.size())) : Status();
}

Status CallCounts::Add(const PairCounts& counts, const ServiceCodes& services) {
  Status status;
  counts.ForEach([&](std::uint32_t parent, std::uint32_t child, std::uint64_t count) {
    if (status) status = Add(services.NameOf(parent), services.NameOf(child), count);
  });
  return status;
}

std::vector<DependencyLink> CallCounts::Links() const {
  std::map<std::pair<std::string, std::string>, std::uint64_t> shown;
  for (const auto& [pair, count] : counts_) {
    shown[{wire::otlp::RepairUtf8(pair.first), wire::otlp::RepairUtf8(pair.second)}] += count;
  }
  std::vector<DependencyLink> links;
  for (const auto& [pair, count] : shown) links.push_back({pair.first, pair.second, count});
  return links;
}

}  // namespace clew::query

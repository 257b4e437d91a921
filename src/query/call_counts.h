#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "query/query_service.h"

namespace clew::query {

/// How often each of some services, which are numbered, calls each. One thread.
class PairCounts {
 public:
  /// Services beyond `service_count` have no number.
  explicit PairCounts(std::size_t service_count)
      : service_count_(service_count),
        dense_(service_count <= kDenseMax ? service_count * service_count : 0) {}

  void Add(std::uint32_t parent, std::uint32_t child, std::uint64_t count = 1) {
    if (!dense_.empty()) {
      dense_[parent * service_count_ + child] += count;
    } else {
      sparse_[std::uint64_t{parent} << 32 | child] += count;
    }
  }
  /// Calls visit(parent, child, count) for each pair that was counted.
  template <typename Visit>
  void ForEach(const Visit& visit) const {
    for (std::size_t i = 0; i < dense_.size(); ++i) {
      if (dense_[i] == 0) continue;
      visit(static_cast<std::uint32_t>(i / service_count_),
            static_cast<std::uint32_t>(i % service_count_), dense_[i]);
    }
    for (const auto& [pair, count] : sparse_) {
      visit(static_cast<std::uint32_t>(pair >> 32), static_cast<std::uint32_t>(pair), count);
    }
  }

 private:
  // Where a table of all pairs is small.
  static constexpr std::size_t kDenseMax = 128;

  std::size_t service_count_;
  std::vector<std::uint64_t> dense_;
  std::unordered_map<std::uint64_t, std::uint64_t> sparse_;
};

/// Names of services as numbers, the same name always the same. One thread.
class ServiceCodes {
 public:
  std::uint32_t CodeOf(std::string_view name);
  const std::string& NameOf(std::uint32_t code) const { return *names_[code]; }
  std::size_t count() const { return names_.size(); }

 private:
  std::map<std::string, std::uint32_t, std::less<>> codes_;
  std::vector<const std::string*> names_;  // keys of codes_, which stay where they are
};

/// Calls between services by their names, counted against the memory of a query. One thread.
class CallCounts {
 public:
  /// The context outlives it.
  explicit CallCounts(const QueryContext& context) : memory_(context) {}

  Status Add(std::string_view parent, std::string_view child, std::uint64_t count);
  Status Add(const PairCounts& counts, const ServiceCodes& services);
  /// By parent, then child; names that are shown alike are one.
  std::vector<DependencyLink> Links() const;

  /// What a link takes besides its names, three times.
  static constexpr std::uint64_t kLinkBytes = 3 * 128;  // in two tables and a list

 private:
  std::map<std::pair<std::string, std::string>, std::uint64_t> counts_;
  PassingMemory memory_;
};

}  // namespace clew::query

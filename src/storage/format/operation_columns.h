#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "scan/span_source.h"
#include "storage/format/merged_batches.h"
#include "storage/format/page_writer.h"
#include "storage/format/tag_counter.h"

namespace clew::storage {

/// The operations of a row group: a service, a name and a kind, and how many spans. One thread.
class OperationColumns {
 public:
  /// `names` are those of the spans, in their new order; they outlive it, as `merged` does.
  OperationColumns(const MergedBatches& merged, std::span<const std::string_view> names);

  std::uint32_t count() const { return static_cast<std::uint32_t>(operations_.size()); }
  /// Also those of resources without spans: a search goes by resources.
  std::span<const std::string_view> services() const { return services_; }
  void Write(PageWriter* writer) const;
  /// For the roll-up of tags. The texts are those of this and of `names`.
  void Count(TagCounter* tags) const;
  /// For the roll-up of a block (roll_up.h): all, or none when they are too many.
  std::vector<scan::OperationCount> Roll() const;

 private:
  struct Operation {
    std::string_view service;
    std::string_view name;
    std::int64_t kind;
    auto operator<=>(const Operation&) const = default;
  };
  struct OperationHash {
    std::size_t operator()(const Operation& operation) const {
      const std::hash<std::string_view> hash;
      return hash(operation.service) * 31 + hash(operation.name) +
             static_cast<std::size_t>(operation.kind);
    }
  };

  /// Of each row of the resources.
  std::vector<std::string> service_names_;
  std::vector<std::string_view> services_;
  /// In order, so that the same spans always give the same bytes.
  std::vector<std::pair<Operation, std::int64_t>> operations_;
};

}  // namespace clew::storage

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "pipeline/config/binder.h"
#include "query/store_query.h"

namespace clew::pipeline::extensions::clew_storage {

class LogConfig final : public Section {
 public:
  void Describe(Binder& binder) override;

  std::uint64_t limit_mib = 4096;
  std::uint64_t segment_mib = 64;
  Nanos group_commit_delay{std::chrono::milliseconds(1)};
};

class RetentionConfig final : public Section {
 public:
  void Describe(Binder& binder) override;

  Nanos age{std::chrono::hours(24 * 14)};
  std::uint64_t limit_mib = 102'400;
  std::uint64_t disk_reserve_mib = 512;
};

/// Where and how spans are kept.
class Config final : public Section {
 public:
  void Describe(Binder& binder) override;
  void Validate(Problems& problems) const override;
  OwnPath FindOwnPath() const override;
  bool IsStorage() const override { return true; }

  std::string directory = "clew-data";
  LogConfig log;
  RetentionConfig retention;
  std::uint64_t head_limit_mib = 384;
  std::uint64_t waiting_limit_mib = 4096;
  std::uint64_t cache_limit_mib = 256;
  std::uint64_t answer_limit_mib = query::kAnswerBytesMax >> 20;
  std::uint64_t search_traces_max = query::kSearchTracesMax;
  std::uint64_t row_group_spans = 65'536;
  std::uint64_t block_spans = 524'288;
  Nanos block_age_max{std::chrono::minutes(5)};
  std::uint64_t attribute_columns_max = 400;
  std::uint64_t tenants_max = 1000;
};

}  // namespace clew::pipeline::extensions::clew_storage

#include "pipeline/extensions/clew_storage/storage_extension.h"

#include <filesystem>
#include <limits>
#include <utility>

#include "log/local_log.h"

namespace clew::pipeline::extensions::clew_storage {
namespace {

constexpr std::uint64_t kMib = 1u << 20;

// What is in the log was cut to the receiver's limits when it came: replay must not cut it again.
wire::otlp::DecodeLimits NoLimits() {
  constexpr std::uint64_t kNone = std::numeric_limits<std::uint64_t>::max();
  wire::otlp::DecodeLimits limits;
  limits.attribute_count_max = kNone;
  limits.attribute_value_bytes_max = kNone;
  limits.event_count_max = kNone;
  limits.link_count_max = kNone;
  limits.nesting_depth_max = 256;
  return limits;
}

log::LocalLogOptions LogOptions(const Config& config) {
  log::LocalLogOptions options;
  options.directory = (std::filesystem::path(config.directory) / "log").string();
  options.segment_bytes = config.log.segment_mib * kMib;
  options.bytes_max = config.log.limit_mib * kMib;
  options.group_commit_delay = config.log.group_commit_delay;
  return options;
}

storage::StorageOptions StoreOptions(const Config& config) {
  storage::StorageOptions options;
  options.seal.row_group_span_count = config.row_group_spans;
  options.seal.block_span_count = config.block_spans;
  options.seal.block_age_max = config.block_age_max;
  options.seal.row_group.attribute_column_count_max =
      static_cast<std::uint32_t>(config.attribute_columns_max);
  options.head_bytes_max = config.head_limit_mib * kMib;
  options.cache_bytes_max = config.cache_limit_mib * kMib;
  options.retention_age = config.retention.age;
  options.retention_bytes = config.retention.limit_mib * kMib;
  return options;
}

}  // namespace

StorageExtension::StorageExtension(const Config& config) : config_(config), codec_(NoLimits()) {}

StorageExtension::~StorageExtension() { Stop(Deadline::max()); }

Status StorageExtension::Start(Host& host) {
  ASSIGN_OR_RETURN(log_, log::OpenLocalLog(LogOptions(config_), host.clock(), host.metrics()));
  const auto objects = (std::filesystem::path(config_.directory) / "objects").string();
  ASSIGN_OR_RETURN(objects_, storage::OpenLocalObjectStore(objects));
  ASSIGN_OR_RETURN(storage_, storage::Storage::Open(StoreOptions(config_), *log_, *objects_, codec_,
                                                    host.clock(), host.random(), host.metrics()));
  query_ = std::make_unique<query::StoreQuery>(*storage_, config_.answer_limit_mib * kMib);
  storage_->Start();
  return {};
}

void StorageExtension::Stop(Deadline) {
  // Nothing to hand on: what is not in a block is in the log.
  if (storage_ != nullptr) storage_->Stop();
  if (log_ != nullptr) log_->Close();
}

}  // namespace clew::pipeline::extensions::clew_storage

#include "pipeline/extensions/clew_storage/store_options.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <system_error>
#include <utility>

#include "storage/catalogue/inventory.h"
#include "storage/catalogue/known_blocks.h"
#include "storage/log_reach.h"

namespace clew::pipeline::extensions::clew_storage {
namespace {

constexpr std::uint64_t kMib = 1u << 20;

// Of what those who are not root may use.
std::function<std::optional<std::uint64_t>()> FreeBytesOf(std::string directory,
                                                          const SpaceOf& space_of) {
  return [directory = std::move(directory), space_of] {
    const auto space = space_of(directory);
    return space ? std::optional<std::uint64_t>(space->available) : std::nullopt;
  };
}

std::uint64_t ReserveOf(const Config& config, const std::filesystem::space_info& disk) {
  return std::min<std::uint64_t>(config.retention.disk_reserve_mib * kMib, disk.capacity / 20);
}

}  // namespace

std::optional<std::filesystem::space_info> DiskSpace(const std::string& directory) {
  std::error_code error;
  const std::filesystem::space_info space = std::filesystem::space(directory, error);
  return error ? std::nullopt : std::optional(space);
}

std::string WaitingDirectory(const Config& config) {
  return (std::filesystem::path(config.directory) / "waiting").string();
}

storage::StorageOptions StoreOptions(const Config& config, const SpaceOf& space_of) {
  storage::StorageOptions options;
  options.seal.row_group_span_count = config.row_group_spans;
  options.seal.block_span_count = config.block_spans;
  options.seal.block_age_max = config.block_age_max;
  options.seal.row_group.attribute_column_count_max =
      static_cast<std::uint32_t>(config.attribute_columns_max);
  options.head_bytes_max = config.head_limit_mib * kMib;
  options.waiting_bytes_max = config.waiting_limit_mib * kMib;
  options.waiting_free_disk_bytes = FreeBytesOf(WaitingDirectory(config), space_of);
  options.cache_bytes_max = config.cache_limit_mib * kMib;
  options.tenants_max = config.tenants_max;
  options.retention.age = config.retention.age;
  options.retention.bytes = config.retention.limit_mib * kMib;
  options.inventory_path =
      (std::filesystem::path(config.directory) / storage::kInventoryFileName).string();
  options.known_blocks_path =
      (std::filesystem::path(config.directory) / storage::kKnownBlocksFileName).string();
  options.trace_index_directory =
      (std::filesystem::path(config.directory) / "trace-index").string();
  options.reach_path = (std::filesystem::path(config.directory) / storage::kReachFileName).string();
  if (const auto disk = space_of(config.directory)) {
    options.retention.disk_reserve_bytes = ReserveOf(config, *disk);
    options.retention.disk_floor_bytes = disk->capacity / 10;
    if (options.retention.bytes > 0) {
      options.retention.disk_floor_bytes =
          std::min<std::uint64_t>(options.retention.disk_floor_bytes, options.retention.bytes / 10);
    }
    options.waiting_disk_reserve_bytes = options.retention.disk_reserve_bytes;
    options.retention.free_disk_bytes = FreeBytesOf(config.directory, space_of);
  }
  // It may be another one.
  if (const auto disk = space_of(WaitingDirectory(config))) {
    options.waiting_disk_reserve_bytes = ReserveOf(config, *disk);
  }
  return options;
}

}  // namespace clew::pipeline::extensions::clew_storage

#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>

#include "base/memory_budget.h"
#include "base/worker_pool.h"
#include "storage/catalogue/retention.h"
#include "storage/head/seal_options.h"
#include "storage/object_store/object_store.h"

namespace clew::storage {

/// How a store is run.
struct StorageOptions {
  SealOptions seal;
  /// What is in no block yet, of all tenants in memory; past it appends are refused until blocks
  /// are written. Shortly before, blocks are made that are not full. Half of it is for what waits
  /// to be written; more is laid aside on disk.
  std::uint64_t head_bytes_max = 384u << 20;
  /// Where that is, for this store alone; null: nowhere. Outlives the storage.
  ObjectStore* waiting_objects = nullptr;
  /// How much may be there. 0: nothing, and what an earlier opening left is deleted.
  std::uint64_t waiting_bytes_max = std::uint64_t{4} << 30;
  /// Twice as much of its disk is left free.
  std::uint64_t waiting_disk_reserve_bytes = 0;
  /// What is free on its disk; empty: as retention has it.
  std::function<std::optional<std::uint64_t>()> waiting_free_disk_bytes;
  /// Decoded columns kept for queries.
  std::uint64_t cache_bytes_max = 256u << 20;
  /// Where directories of blocks count, which are dropped and read again as it has room. Outlives
  /// the storage; null: all that were read are kept.
  base::MemoryAccount* directory_memory = nullptr;
  /// Where spans are sealed, several tenants and row groups at once, and blocks written; null: on
  /// the maintenance thread alone. Outlives the storage.
  base::WorkerPool* workers = nullptr;
  /// Tenants that have spans here at once; spans of further ones are refused.
  std::uint64_t tenants_max = 1000;
  RetentionOptions retention;
  /// The file that shows which blocks there should be (inventory.h); empty: none.
  std::string inventory_path;
  /// The file that spares a start the opening of blocks (known_blocks.h); empty: none.
  std::string known_blocks_path;
  /// The folder of the index of traces (trace_index.h); empty: blocks are asked themselves.
  std::string trace_index_directory;
  /// The file that says how far blocks may hold the log (log_reach.h); empty: none.
  std::string reach_path;
  /// Asked between one block and the next while they are opened: CANCELLED when the process is to
  /// end.
  std::stop_token ending;
  /// How often sealing, blocks and retention are looked after.
  Nanos maintenance_interval{std::chrono::seconds(1)};
};

}  // namespace clew::storage

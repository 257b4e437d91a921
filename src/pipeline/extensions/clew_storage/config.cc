#include "pipeline/extensions/clew_storage/config.h"

#include <limits>
#include <utility>

#include "pipeline/config/mib.h"
#include "storage/catalogue/inventory.h"
#include "storage/log_reach.h"

namespace clew::pipeline::extensions::clew_storage {

void LogConfig::Describe(Binder& binder) {
  binder.Field("limit_mib", &limit_mib,
               "Size of the log in MiB past which batches are refused until blocks are written.");
  binder.Field("segment_mib", &segment_mib, "Size of a segment file in MiB.");
  binder.Field("group_commit_delay", &group_commit_delay,
               "How long a write may wait for others to share its sync to disk.");
}

void RetentionConfig::Describe(Binder& binder) {
  binder.Field(
      "age", &age,
      "Blocks that were written longer ago are deleted, whatever the times of their spans; "
      "0s keeps them.");
  binder.Field("limit_mib", &limit_mib,
               "Size of all blocks in MiB past which the oldest are deleted; 0 means no limit.");
  binder.Field("disk_reserve_mib", &disk_reserve_mib,
               "Room in MiB, but at most a twentieth of the disk, for which the oldest blocks are "
               "deleted when less is free, within bounds, since others may be filling it; 0 means "
               "none.");
}

OwnPath Config::FindOwnPath() const {
  return {.key = "directory",
          .path = directory,
          .files = {"lock", storage::kInventoryFileName, storage::kReachFileName},
          .folders = {"log", "objects", "waiting"}};
}

void Config::Describe(Binder& binder) {
  binder.Field("directory", &directory, "Folder of the log and the blocks; made when missing.");
  binder.Nested("log", &log, "The log of acknowledged batches that are not in a block yet.");
  binder.Nested("retention", &retention, "When blocks are deleted.");
  binder.Field("head_limit_mib", &head_limit_mib,
               "Memory in MiB of spans that are in no block yet, past which batches are refused.");
  binder.Field("waiting_limit_mib", &waiting_limit_mib,
               "Disk in MiB for sealed blocks that cannot be written as fast as they come: what "
               "waits takes at most half of head_limit_mib, the rest lies in the folder waiting; 0 "
               "means none.");
  binder.Field("cache_limit_mib", &cache_limit_mib,
               "Memory in MiB for decoded columns that queries use again.");
  binder.Field(
      "answer_limit_mib", &answer_limit_mib,
      "Memory in MiB of the spans of one answer; what does not fit is left out of a search, and "
      "refused as a trace.");
  binder.Field(
      "search_traces_max", &search_traces_max,
      "Traces that a search in TraceQL reads and judges, the newest first, beyond those that "
      "it shows; with more it says that it is partial.");
  binder.Field("row_group_spans", &row_group_spans, "Spans that are sealed together.");
  binder.Field("block_spans", &block_spans, "Spans of a full block.");
  binder.Field("block_age_max", &block_age_max,
               "Longest time that spans wait in memory and log for their block.");
  binder.Field("attribute_columns_max", &attribute_columns_max,
               "Attribute keys of a row group with a column of their own; rarer ones share one.");
  binder.Field("tenants_max", &tenants_max,
               "Tenants that may have spans here; those of further tenants are refused.");
}

void Config::Validate(Problems& problems) const {
  constexpr std::uint64_t kRowGroupSpansMax = 1u << 20;
  if (directory.empty()) problems.Add("directory", "must name a folder");
  for (const auto& [path, mib] :
       {std::pair("log::limit_mib", log.limit_mib), std::pair("log::segment_mib", log.segment_mib),
        std::pair("retention::limit_mib", retention.limit_mib),
        std::pair("retention::disk_reserve_mib", retention.disk_reserve_mib),
        std::pair("head_limit_mib", head_limit_mib),
        std::pair("waiting_limit_mib", waiting_limit_mib),
        std::pair("cache_limit_mib", cache_limit_mib),
        std::pair("answer_limit_mib", answer_limit_mib)}) {
    CheckMib(path, mib, problems);
  }
  if (log.limit_mib / 2 < log.segment_mib) {
    problems.Add("log::limit_mib", "must be at least twice segment_mib");
  }
  if (log.segment_mib == 0) problems.Add("log::segment_mib", "must be greater than zero");
  if (head_limit_mib == 0) problems.Add("head_limit_mib", "must be greater than zero");
  if (answer_limit_mib == 0) problems.Add("answer_limit_mib", "must be greater than zero");
  if (search_traces_max == 0) problems.Add("search_traces_max", "must be greater than zero");
  if (row_group_spans == 0 || row_group_spans > kRowGroupSpansMax) {
    problems.Add("row_group_spans", "must be between 1 and 1048576");
  }
  if (block_spans < row_group_spans) {
    problems.Add("block_spans", "must not be smaller than row_group_spans");
  }
  if (attribute_columns_max > std::numeric_limits<std::uint32_t>::max()) {
    problems.Add("attribute_columns_max", "must be at most 4294967295");
  }
  if (retention.age < Nanos(0)) {
    problems.Add("retention::age", "must not be negative; 0s keeps blocks for ever");
  }
  if (log.group_commit_delay < Nanos(0)) {
    problems.Add("log::group_commit_delay", "must not be negative");
  }
  if (tenants_max == 0) problems.Add("tenants_max", "must be greater than zero");
  if (block_age_max <= Nanos(0)) problems.Add("block_age_max", "must be greater than zero");
}

}  // namespace clew::pipeline::extensions::clew_storage

#include "app/bench/scan_data.h"

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <optional>
#include <utility>

#include "app/bench/made_data.h"
#include "app/bench/query_data.h"
#include "base/worker_pool.h"
#include "storage/format/row_group_size.h"
#include "storage/head/head.h"
#include "wire/otlp/decode.h"

namespace clew::app::bench {
namespace {

constexpr std::size_t kRowGroupsOfBlock = 8;

// What the blocks in a folder of their own were made of; known last, in a file beside them.
struct Manifest {
  std::uint64_t seed = 0;
  std::uint64_t span_count = 0;

  bool operator==(const Manifest&) const = default;
};

std::optional<Manifest> ReadManifest(const std::string& path) {
  std::ifstream file(path);
  Manifest manifest;
  file >> manifest.seed >> manifest.span_count;
  return file.good() ? std::optional(manifest) : std::nullopt;
}

Status WriteManifest(const std::string& path, const Manifest& manifest) {
  std::ofstream file(path);
  file << manifest.seed << ' ' << manifest.span_count << '\n';
  file.close();
  return file.good() ? Status() : Unavailable("cannot write {}", path);
}

// What all blocks of a folder are read with to learn how many spans they have.
struct Reading {
  base::Metrics metrics;
  storage::ScanCache cache{1u << 20, metrics};
};

Result<ScanData> ListBlocks(const std::string& directory, std::uint64_t span_count) {
  const auto objects = storage::ReadLocalObjectStore(directory);
  ScanData data{.directory = directory, .names = {}, .span_count = 0};
  Reading reading;
  ASSIGN_OR_RETURN(const auto infos, objects->List("blocks/"));
  for (const storage::ObjectInfo& info : infos) {
    if (data.span_count >= span_count) break;
    ASSIGN_OR_RETURN(const auto block,
                     storage::OpenBlock({*objects, reading.cache, reading.cache}, info.name));
    data.names.push_back(info.name);
    data.span_count += block->meta.span_count;
  }
  return data;
}

Status AddBlocks(const BenchOptions& options, ScanData* data) {
  ASSIGN_OR_RETURN(const auto objects, storage::OpenLocalObjectStore(data->directory));
  while (data->span_count < options.span_count) {
    const std::size_t number = data->names.size();
    workload::Generator generator({.seed = options.seed + number});
    const std::uint64_t left = options.span_count - data->span_count;
    const storage::SealOptions sealing;
    const std::size_t groups = std::min<std::uint64_t>(
        kRowGroupsOfBlock,
        left / sealing.row_group_span_count + (left % sealing.row_group_span_count == 0 ? 0 : 1));
    ASSIGN_OR_RETURN(const auto batches, MakeBatches(generator, groups));
    std::string name = fmt::format("blocks/scan/{:06}.block", number);
    const storage::BlockObject block =
        storage::MakeBlockObject({}, SealBatches(batches, options.thread_count));
    TRY(objects->PutIfAbsent(name, block.parts()));
    for (const auto& batch : batches) data->span_count += batch->span_count();
    data->names.push_back(std::move(name));
  }
  return {};
}

}  // namespace

Result<ScanData> OpenScanData(const BenchOptions& options) {
  const std::string parent = options.data_directory.empty() ? options.work_directory + "/bench-data"
                                                            : options.data_directory;
  if (SeedOfQueryData(parent) == options.seed) {
    ASSIGN_OR_RETURN(ScanData data, ListBlocks(parent + "/data/objects", options.span_count));
    if (data.span_count >= options.span_count) return data;
  }
  const std::string own = parent + "/scan";
  const std::string manifest_path = own + "/bench.txt";
  const Manifest wanted{.seed = options.seed, .span_count = options.span_count};
  if (ReadManifest(manifest_path) == wanted) {
    ASSIGN_OR_RETURN(ScanData data, ListBlocks(own, options.span_count));
    if (data.span_count >= options.span_count) return data;
  }
  TRY(ReplaceMadeData(own + "/blocks", manifest_path));
  ScanData data{.directory = own, .names = {}, .span_count = 0};
  TRY(AddBlocks(options, &data));
  TRY(WriteManifest(manifest_path, wanted));
  return data;
}

Result<std::vector<model::SpanColumnsPtr>> MakeBatches(workload::Generator& generator,
                                                       std::size_t row_group_count) {
  const wire::otlp::DecodeLimits limits;
  wire::otlp::DecodeCounts counts;
  std::vector<model::SpanColumnsPtr> batches;
  const std::uint64_t wanted = row_group_count * storage::SealOptions().row_group_span_count;
  for (std::uint64_t made = 0; made < wanted;) {
    workload::GeneratedRequest request = generator.Next();
    made += request.span_count;
    const std::vector<Bytes> pieces = {Bytes(std::move(request.body))};
    ASSIGN_OR_RETURN(model::SpanColumnsPtr columns,
                     wire::otlp::DecodeRequest(pieces, limits, counts, request.span_count));
    batches.push_back(std::move(columns));
  }
  return batches;
}

std::vector<std::shared_ptr<const storage::RowGroup>> SealBatches(
    const std::vector<model::SpanColumnsPtr>& batches, std::size_t thread_count) {
  const storage::SealOptions options;
  Reading reading;
  std::atomic<std::uint64_t> byte_size = 0;
  storage::Contents contents;
  base::WorkerPool pool("seal", std::max<std::size_t>(1, thread_count - 1), thread_count);
  storage::Head head({.options = options,
                      .cache = reading.cache,
                      .clock = base::SystemTime(),
                      .byte_size = byte_size,
                      .contents = contents,
                      .workers = thread_count > 1 ? &pool : nullptr});
  for (const auto& batch : batches) head.Add(batch, storage::RowGroupSize::Of(*batch), {});
  while (head.SealRowGroups(head.fresh_batch_count(), /*is_partial_too=*/true, thread_count) > 0) {
  }
  return head.HandOver("").groups;
}

}  // namespace clew::app::bench

#include <pthread.h>

#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/logging.h"
#include "storage/catalogue/damaged_file.h"
#include "storage/storage.h"
#include "storage/storage_counters.h"

/// How a store is put together and opened.
namespace clew::storage {
namespace {

prometheus::Counter& SkippedBy(const std::string& filter, base::Metrics& metrics) {
  return metrics.Counter("clew_block_filter_skips",
                         "Times that a query did not open a row group, as a filter of its block "
                         "says that it holds nothing of what is asked for; by filter.",
                         {{"filter", filter}});
}

}  // namespace

Storage::Storage(const StorageOptions& options, log::Log& log, ObjectStore& objects,
                 const model::SpanCodec& codec, const Clock& clock, base::Random& random,
                 base::Metrics& metrics)
    : options_(options),
      log_(log),
      codec_(codec),
      clock_(clock),
      random_(random),
      cache_(options.cache_bytes_max, metrics),
      directories_(
          options.directory_memory,
          {metrics.Counter("clew_block_directory_hits",
                           "Times that a query found the directory or a filter of a block in "
                           "memory."),
           metrics.Counter("clew_block_directory_misses",
                           "Times that the directory or a filter of a block was read from its "
                           "file."),
           metrics.Gauge("clew_block_directory_bytes",
                         "Memory of the directories and filters of blocks.")}),
      filter_meters_{SkippedBy("traces", metrics), SkippedBy("values", metrics)},
      reading_{objects, cache_, directories_, &filter_meters_},
      keeper_({reading_, clock, metrics, [this] { Wake(Waking::kForWork); }}, options.retention,
              options.inventory_path, options.known_blocks_path),
      reach_(options.reach_path),
      counters_(std::make_unique<Counters>(metrics)),
      writer_(MakeWriter()),
      tenants_(options.tenants_max, [this](const TenantId& tenant) { return MakeTenant(tenant); }),
      replay_({log, codec, clock, tracker_, counters_->unreadable,
               [this](const TenantId& tenant, model::SpanColumnsPtr columns,
                      const log::Appended& where, pipeline::DeliveryTokenPtr delivery) {
                 const RowGroupSize size = RowGroupSize::Of(*columns);
                 tenants_.FindOrMake(tenant)->Add(
                     std::move(columns), size,
                     {.ranges = {{where.begin, where.end}}, .first = std::move(delivery)});
               },
               [this] {
                 const bool has_room = CheckRoom().has_value();
                 if (!has_room) Wake(Waking::kForRoom);
                 return has_room;
               }},
              metrics),
      sealer_({clock, head_bytes_, waiting_bytes_, options.head_bytes_max, options.workers,
               [this] { return is_stopping(); }}) {
  gauges_ = metrics.OnCollect([this] { UpdateGauges(); });
}

Result<std::unique_ptr<Storage>> Storage::Open(const StorageOptions& options, log::Log& log,
                                               ObjectStore& objects, const model::SpanCodec& codec,
                                               const Clock& clock, base::Random& random,
                                               base::Metrics& metrics) {
  std::unique_ptr<Storage> storage(
      new Storage(options, log, objects, codec, clock, random, metrics));
  // Without that file blocks could hide records of a log that lost its end, so none is written; the
  // head would fill and every sender be refused. Better told to who starts it.
  TRY(storage->reach_.CheckWritable());
  ASSIGN_OR_RETURN(const auto damage, storage->reach_.Load());
  if (damage.has_value()) ReportDamagedFile(metrics, kReachFileName, *damage);
  TRY(storage->OpenBlocks());
  // Else what comes now could get a position that a block covers, and would be taken for what the
  // block holds at the next replay. What the log has still is replayed: it is what it was.
  log.SkipTo(std::max(storage->replay_.held_up_to(), storage->reach_.Of(log.identity())));
  TRY(storage->replay_.Begin());
  return storage;
}

Status Storage::OpenBlocks() {
  std::map<TenantId, std::vector<BlockPtr>> opened;
  const auto add = [&](const BlockPtr& block) {
    replay_.NoteBlock(*block);
    // Those of all blocks would be held until the last is open.
    opened[block->meta.tenant].push_back(WithoutRanges(block));
  };
  const auto must_open = [&](const BlockMeta& meta) { return replay_.Asks(meta); };
  TRY(keeper_.OpenAll(add, options_.ending, must_open));
  tenants_.AddBlocks(opened);
  const std::size_t count = tenants_.count();
  if (count > options_.tenants_max) {
    base::Log(base::LogLevel::kWarn,
              "spans of more tenants are stored than tenants_max of clew_storage: all are read and "
              "may go on, new ones are refused",
              {{"tenants", std::to_string(count)},
               {"tenants_max", std::to_string(options_.tenants_max)}});
  }
  return {};
}

std::shared_ptr<BlockWriter> Storage::MakeWriter() {
  return std::make_shared<BlockWriter>(
      BlockWriter::Surroundings{
          .reading = reading_,
          .clock = clock_,
          .workers = options_.workers,
          .waiting_bytes = waiting_bytes_,
          .memory_share = options_.head_bytes_max / 2,
          .before_block = [this](log::Position end) { return NoteReach(end); },
          .on_block =
              [this](const BlockPtr& block) {
                const std::scoped_lock lock(written_mutex_);
                written_blocks_.push_back(block);
              },
          .new_name =
              [this](const BlockMeta& meta) {
                return BlockName(meta.tenant, meta.created_at, random_.Next());
              },
          .bring_back =
              [this](const BlockMeta& meta, std::function<void()> done) {
                replay_.BringBack(meta, std::move(done));
              },
          .failed = counters_->failed_maintenance,
          .lost_copies = counters_->lost_copies},
      SpillOptions{.objects = options_.waiting_objects,
                   .bytes_max = options_.waiting_bytes_max,
                   .disk_reserve_bytes = options_.waiting_disk_reserve_bytes,
                   .free_disk_bytes = options_.waiting_free_disk_bytes
                                          ? options_.waiting_free_disk_bytes
                                          : options_.retention.free_disk_bytes});
}

Tenants::Ptr Storage::MakeTenant(const TenantId& tenant) {
  return std::make_shared<TenantStore>(
      tenant,
      TenantStore::Surroundings{
          options_.seal, reading_, clock_, random_, log_.identity(), head_bytes_, waiting_bytes_,
          options_.directory_memory, options_.trace_index_directory,
          [this](WaitingBlockPtr block) { writer_->Add(std::move(block)); }, options_.workers});
}

void Storage::Start() {
  replay_.Start();
  maintenance_thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), "clew-storage");
    RunMaintenance();
  });
}

}  // namespace clew::storage

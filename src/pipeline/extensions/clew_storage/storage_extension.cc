#include "pipeline/extensions/clew_storage/storage_extension.h"

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <system_error>
#include <utility>

#include "base/file.h"
#include "base/logging.h"
#include "log/file_system.h"
#include "log/local_log.h"
#include "pipeline/extensions/clew_storage/store_options.h"
#include "query/store_query.h"
#include "storage/object_store/object_store.h"
#include "wire/otlp/codec.h"

namespace clew::pipeline::extensions::clew_storage {
namespace {

constexpr std::uint64_t kMib = 1u << 20;

log::LocalLogOptions LogOptions(const Config& config, std::stop_token ending) {
  log::LocalLogOptions options;
  options.directory = (std::filesystem::path(config.directory) / "log").string();
  options.segment_bytes = config.log.segment_mib * kMib;
  options.bytes_max = config.log.limit_mib * kMib;
  options.group_commit_delay = config.log.group_commit_delay;
  options.ending = std::move(ending);
  return options;
}

// The whole of it, beside the log in it, which somebody may delete or move while it is held.
Result<std::shared_ptr<log::HeldDirectory>> HoldDirectory(const std::string& directory) {
  TRY(base::MakeDirectories(directory));
  auto held = log::SystemFiles().Hold(directory);
  if (!held.has_value() && held.error().code == Code::kPermissionDenied) {
    return std::unexpected(std::move(held).error().Annotate(
        fmt::format("{} must be writable, not only the folders in it: it is locked by a file in it",
                    directory)));
  }
  return held;
}

// Nothing is lost without it, so it does not keep the store from its start. Null when nothing may
// wait there, and nothing does since an earlier start.
std::unique_ptr<storage::ObjectStore> OpenWaiting(const Config& config) {
  const std::string directory = WaitingDirectory(config);
  std::error_code cannot_tell;
  if (config.waiting_limit_mib == 0 && !std::filesystem::exists(directory, cannot_tell)) {
    return nullptr;
  }
  auto objects = storage::OpenLater([directory] {
    return storage::OpenLocalObjectStore(
        directory,
        "the folder of blocks that wait to be written was deleted while it was in use, and is made "
        "anew: the next start has what was in it from the log");
  });
  if (const Status opened = objects->CheckReachable(); !opened.has_value()) {
    base::Log(base::LogLevel::kError,
              "blocks that wait to be written cannot be laid aside on disk: it is tried again when "
              "there are some",
              {{"error", opened.error().message}});
  }
  return objects;
}

}  // namespace

/// The parts of a running store; each before those that use it.
struct StorageExtension::Parts {
  Parts(const base::Metrics& all_metrics, const std::string& id)
      : metrics(all_metrics.With({{"storage", id}})) {}

  base::Metrics metrics;
  /// What is in the log was cut to the receiver's limits when it came: replay must not cut it
  /// again.
  wire::otlp::OtlpCodec codec{wire::otlp::kNothingCut};
  std::shared_ptr<log::HeldDirectory> directory;
  std::unique_ptr<log::Log> log;
  std::unique_ptr<storage::ObjectStore> objects;
  /// Null when nothing may wait on disk.
  std::unique_ptr<storage::ObjectStore> waiting;
  std::unique_ptr<storage::Storage> storage;
  std::unique_ptr<query::StoreQuery> query;
  /// Declared last: it asks the others.
  std::shared_ptr<void> known_gauge;
};

/// What is handed out: keeps the parts alive, and tells when the last holder has let go.
class StorageExtension::Lease {
 public:
  explicit Lease(std::shared_ptr<Parts> held) : parts(std::move(held)) {}
  ~Lease() {
    parts.reset();
    ended->Set();
  }
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;

  std::shared_ptr<Parts> parts;
  const std::shared_ptr<base::Event> ended = std::make_shared<base::Event>();
};

StorageExtension::StorageExtension(std::string id, const Config& config)
    : id_(std::move(id)), config_(config) {}

StorageExtension::~StorageExtension() { Stop(base::kAtOnce); }

Status StorageExtension::Start(Host& host) {
  auto parts = std::make_shared<Parts>(host.metrics(), id_);
  ASSIGN_OR_RETURN(parts->directory, HoldDirectory(config_.directory));
  storage::StorageOptions options = StoreOptions(config_, DiskSpace);
  options.ending = host.ending();
  options.workers = &host.workers();
  options.directory_memory = &host.memory().account(base::MemoryUse::kDirectories);
  ASSIGN_OR_RETURN(parts->log, log::OpenLocalLog(LogOptions(config_, host.ending()), host.clock(),
                                                 parts->metrics));
  const auto objects = (std::filesystem::path(config_.directory) / "objects").string();
  ASSIGN_OR_RETURN(parts->objects, storage::OpenLocalObjectStore(objects));
  parts->waiting = OpenWaiting(config_);
  options.waiting_objects = parts->waiting.get();
  ASSIGN_OR_RETURN(parts->storage,
                   storage::Storage::Open(options, *parts->log, *parts->objects, parts->codec,
                                          host.clock(), host.random(), parts->metrics));
  parts->query =
      std::make_unique<query::StoreQuery>(*parts->storage, config_.answer_limit_mib * kMib,
                                          query::kMoreLookedAtMax, config_.search_traces_max);
  parts->known_gauge = parts->metrics.OnCollect(
      [&query = *parts->query,
       &bytes = parts->metrics.Gauge("clew_query_known_bytes",
                                     "Memory of what is kept of spans that were sent twice.")] {
        bytes.Set(static_cast<double>(query.known_bytes()));
      });
  parts->storage->Start();
  parts_ = parts;
  clock_ = &host.clock();
  const std::scoped_lock lock(mutex_);
  lease_ = std::make_shared<Lease>(std::move(parts));
  lease_ended_ = lease_->ended;
  return {};
}

void StorageExtension::Stop(Deadline deadline) {
  {
    std::shared_ptr<Lease> lease;  // outlives the lock
    const std::scoped_lock lock(mutex_);
    lease = std::exchange(lease_, nullptr);
  }
  const std::shared_ptr<Parts> parts = std::exchange(parts_, nullptr);
  if (parts == nullptr) return;
  if (!lease_ended_->WaitUntil(deadline, *clock_)) {
    base::Log(base::LogLevel::kWarn,
              "The store is stopped while calls still use it. They may finish what they read.",
              {{"directory", config_.directory}});
  }
  // Nothing to hand on: what is not in a block is in the log.
  parts->storage->Stop();
  parts->log->Close();
  parts->metrics.ZeroGauges();
  parts->directory->Release();
}

std::shared_ptr<StorageExtension::Lease> StorageExtension::lease() const {
  const std::scoped_lock lock(mutex_);
  return lease_;
}

std::shared_ptr<log::Log> StorageExtension::log() {
  const std::shared_ptr<Lease> held = lease();
  return held ? std::shared_ptr<log::Log>(held, held->parts->log.get()) : nullptr;
}

std::shared_ptr<storage::Storage> StorageExtension::storage() {
  const std::shared_ptr<Lease> held = lease();
  return held ? std::shared_ptr<storage::Storage>(held, held->parts->storage.get()) : nullptr;
}

std::shared_ptr<query::QueryService> StorageExtension::query() {
  const std::shared_ptr<Lease> held = lease();
  return held ? std::shared_ptr<query::QueryService>(held, held->parts->query.get()) : nullptr;
}

bool StorageExtension::is_ready() const {
  const std::shared_ptr<Lease> held = lease();
  return held != nullptr && held->parts->storage->is_ready();
}

Status StorageExtension::CheckReady() const {
  const std::shared_ptr<Lease> held = lease();
  if (held == nullptr) return base::Unavailable("the store does not run");
  const storage::Storage& storage = *held->parts->storage;
  if (!storage.is_ready()) return base::Unavailable("the log is being replayed");
  if (const std::size_t count = storage.lost_waiting_count(); count > 0) {
    return base::Unavailable(
        "{} blocks that waited on disk cannot be read there, and are read again from the log: look "
        "after the disk of {}",
        count, WaitingDirectory(config_));
  }
  TRY(held->parts->directory->CheckReachable());
  TRY(held->parts->log->CheckReachable());
  return held->parts->objects->CheckReachable();
}

}  // namespace clew::pipeline::extensions::clew_storage

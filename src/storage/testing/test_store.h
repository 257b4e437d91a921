#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/metrics.h"
#include "base/random.h"
#include "log/testing/memory_log.h"
#include "model/trace_data.h"
#include "storage/storage.h"
#include "storage/testing/faulty_object_store.h"
#include "wire/otlp/codec.h"

/// A store for tests: memory objects, a log in memory, a clock that stands still.
namespace clew::storage::testing {

/// Besides the one without a name.
inline const TenantId kOther = *TenantId::Parse("other");

/// What the log stage of a pipeline does with a batch: appends it to `log`, which is the store's,
/// and has it found.
Status AppendBatch(Storage& storage, log::Log& log, const model::BatchPtr& batch,
                   const TenantId& tenant = {}, UnixNanos received_at = 0);

class TestStore {
 public:
  explicit TestStore(const StorageOptions& options = {});

  /// Opens the store anew over the same log and objects, as after a crash, and replays.
  void Restart();
  /// The same without waiting for the replay to end.
  void Open();
  Storage& storage() { return *storage_; }
  Status Append(const model::TraceData& data, const TenantId& tenant = {});
  /// As processors behind the log hand it on; its record is not in `log`.
  Status Add(const model::TraceData& data, pipeline::DeliveryTokenPtr delivery);
  /// OneSpan of each number below `count`, which must succeed.
  void AppendSpans(int count);
  /// A block of OneSpan(number), which must succeed.
  void AppendBlock(int number, const TenantId& tenant = {});
  /// Spans of all sources, duplicates included.
  std::uint64_t SpanCount(const TenantId& tenant = {}) const;
  /// Moves the clock until it is so, each time to what is waited for next: so no more time passes
  /// when this machine is slow, and nothing is deleted by its age meanwhile.
  template <typename IsSo>
  void PassTimeUntil(const IsSo& is_so) {
    while (!is_so()) {
      const Nanos now = clock.Monotonic();
      clock.Advance(std::max(clock.NextWake().value_or(now), now) - now);
      std::this_thread::yield();
    }
  }

  /// For the next opening.
  StorageOptions options;
  /// What is used in the place of `log` from the next opening on.
  log::Log* other_log = nullptr;
  /// The same in the place of `objects`.
  ObjectStore* other_objects = nullptr;
  /// The same for what blocks are named after.
  base::Random* other_random = nullptr;
  log::MemoryLog log;
  FaultyObjectStore objects;
  base::ManualClock clock{1'700'000'000'000'000'000};
  base::Metrics metrics;

 private:
  /// Of what comes in, as of a receiver without settings.
  wire::otlp::OtlpCodec codec_{wire::otlp::DecodeLimits{}};
  wire::otlp::OtlpCodec replay_codec_{wire::otlp::kNothingCut};
  base::SeededRandom random_{1};
  std::unique_ptr<Storage> storage_;
};

/// One span of `service`; ids are hex, times nanoseconds. An empty parent makes a root.
struct SpanSpec {
  std::string trace{};
  std::string span{};
  std::string parent{};
  std::string service{};
  std::string name{};
  UnixNanos start = 0;
  Nanos duration{1000};
  model::StatusCode status = model::StatusCode::kUnset;
  model::SpanKind kind = model::SpanKind::kServer;
  model::Attributes attributes{};
  model::Attributes resource_attributes{};
  std::vector<model::Event> events{};
};
model::TraceData MakeData(const std::vector<SpanSpec>& specs);
/// The span "op" of "shop" in a trace of its own; another for each number.
model::TraceData OneSpan(int number);

}  // namespace clew::storage::testing

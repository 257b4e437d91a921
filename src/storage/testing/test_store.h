#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/metrics.h"
#include "base/random.h"
#include "log/log.h"
#include "model/trace_data.h"
#include "storage/storage.h"
#include "storage/testing/faulty_object_store.h"
#include "wire/otlp/codec.h"

/// A store for tests: memory objects, a log that is a vector, a clock that stands still.
namespace clew::storage::testing {

/// A log in memory that can be told to fail; what a crash leaves is what it holds. Any thread, but
/// what tests set is for one.
class MemoryLog final : public log::Log {
 public:
  Result<log::Appended> Append(const log::Record& record) override;
  Result<log::Position> Read(
      log::Position from,
      const std::function<Status(const log::Appended&, const log::Record&)>& visit) override;
  bool WaitFor(log::Position from, Deadline) override { return from < end(); }
  Status Commit(std::string_view consumer, log::Position position) override;
  log::Position Committed(std::string_view consumer) const override;
  std::vector<std::string> Consumers() const override { return {}; }
  Status Forget(std::string_view) override { return {}; }
  log::Identity identity() const override;
  log::Position end() const override;
  Status CheckReachable() const override { return {}; }
  std::uint64_t size_bytes() const override { return 0; }
  void Close() override {}

  /// As when the disk is replaced: there are no records, and no consumer.
  void BeginAnew();

  /// Appends fail with this while it is set.
  std::optional<Error> append_error;
  /// Reads fail with this, so many times, before or after they have visited a record.
  std::optional<Error> read_error;
  std::atomic<int> failing_reads = 0;
  bool fails_before_visit = false;
  /// As if the process died before each checkpoint was written.
  bool ignores_commits = false;

 private:
  mutable std::mutex mutex_;
  log::Identity identity_{{1}};
  std::vector<log::Record> records_;
  log::Position committed_;
};

class TestStore {
 public:
  explicit TestStore(const StorageOptions& options = {});

  /// Opens the store anew over the same log and objects, as after a crash, and replays.
  void Restart();
  /// The same without waiting for the replay to end.
  void Open();
  Storage& storage() { return *storage_; }
  Status Append(const model::TraceData& data, const TenantId& tenant = {});
  /// Spans of all sources, duplicates included.
  std::uint64_t SpanCount(const TenantId& tenant = {}) const;

  /// For the next opening.
  StorageOptions options;
  MemoryLog log;
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

}  // namespace clew::storage::testing

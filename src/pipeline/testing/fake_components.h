#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "pipeline/factory.h"
#include "pipeline/testing/recording_consumer.h"

namespace clew::pipeline::testing {

/// What the fake components below did, and handles to reach them. Outlives them. Any thread.
class FakeWorld {
 public:
  void Note(std::string event);
  /// e.g. "start exporter fake", "stop receiver fake/two", in order.
  std::vector<std::string> events() const;
  void ClearEvents();

  /// Called with each event that is noted, on its thread; set when nothing runs.
  std::function<void(const std::string& event)> on_event = [](const std::string&) {};

  /// What the exporter of this id was given; lasts over its re-creation.
  RecordingConsumer& exporter(const std::string& id);
  /// Where the receiver of this id sends to; null when there is none.
  Consumer* receiver_next(const std::string& id) const;
  void AddReceiver(const std::string& id, Consumer& next);
  /// Does nothing when the receiver of this id sends elsewhere by now.
  void RemoveReceiver(const std::string& id, Consumer& next);
  /// What every extension says of its readiness.
  Status extension_readiness() const;
  void SetExtensionReadiness(Status readiness);

 private:
  mutable std::mutex mutex_;
  Status extension_readiness_;
  std::vector<std::string> events_;
  std::map<std::string, std::unique_ptr<RecordingConsumer>> exporters_;
  std::map<std::string, Consumer*> receivers_;
};

/// The settings of every fake component.
struct FakeSettings final : Section {
  struct Queue final : Section {
    std::uint64_t size = 10;
    void Describe(Binder& binder) override { binder.Field("size", &size, "In batches."); }
  };

  std::string endpoint = "localhost:0";
  Secret token;
  Nanos timeout = std::chrono::seconds(5);
  bool fail_start = false;
  /// Starts a thread at its start.
  bool with_thread = false;
  /// Says that it has a gRPC client.
  bool uses_grpc = false;
  /// Asks the host for this extension at its start; a store writes into it.
  std::string needs;
  bool has_queue = true;
  Queue queue;

  void Describe(Binder& binder) override;
  void Validate(Problems& problems) const override;
  std::string_view StorageId() const override { return needs; }
  bool IsStorage() const override { return true; }
  bool UsesGrpc() const override { return uses_grpc; }
};

/// Receiver "fake" (alias "old_fake"), processors "fake", "fake_batch" (only regroups; passes on),
/// "fake_sampler" (stateful), "fake_keeper" (keeps what it takes, until its successor starts),
/// exporters "fake" and "fake_store" (stores durably), extension "fake".
std::vector<Factory> MakeFakeFactories(FakeWorld& world);

}  // namespace clew::pipeline::testing

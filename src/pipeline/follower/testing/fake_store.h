#pragma once

#include <string>

#include "pipeline/follower/direct_store.h"
#include "pipeline/testing/fake_components.h"

namespace clew::pipeline::testing {

/// What `world` remembers of the exporter "fake_store", as a store that the log stage hands batches
/// to: they are remembered when they are admitted, and what was told to fail refuses then.
class FakeStore final : public Exporter, public DirectStore {
 public:
  FakeStore(FakeWorld& world, const CreateSettings& settings, const Section& config)
      : id_(settings.id),
        needs_(static_cast<const FakeSettings&>(config).needs),
        recorder_(world.exporter(settings.id)) {}

  Status Start(Host& host) override {
    if (needs_.empty() || host.FindExtension(needs_) != nullptr) return {};
    return NotFound("no extension {}", needs_);
  }
  void Stop(Deadline) override {}
  LaterReceipt Consume(const model::BatchPtr& batch, const Context& context) override {
    return recorder_.Consume(batch, context);
  }
  Result<std::unique_ptr<Admission>> Admit(const model::BatchPtr& batch,
                                           const Context& context) override {
    class Taken final : public Admission {
      void Take(const log::Appended&) override {}
    };
    TRY(recorder_.Consume(batch, context).Wait());
    return std::make_unique<Taken>();
  }

 private:
  const std::string id_;
  const std::string needs_;
  RecordingConsumer& recorder_;
};

/// Has "fake_store" of `factories` be one.
inline void MakeStoresDirect(std::vector<Factory>& factories, FakeWorld& world) {
  for (Factory& factory : factories) {
    if (factory.placement != Placement::kAtLog) continue;
    factory.create_exporter = [&world](const CreateSettings& settings,
                                       const Section& config) -> Result<std::unique_ptr<Exporter>> {
      return std::make_unique<FakeStore>(world, settings, config);
    };
  }
}

}  // namespace clew::pipeline::testing

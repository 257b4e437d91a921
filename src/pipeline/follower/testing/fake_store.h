#pragma once

#include <memory>
#include <string>
#include <utility>

#include "pipeline/follower/direct_store.h"
#include "pipeline/testing/fake_components.h"

namespace clew::pipeline::testing {

/// What `world` remembers of the exporter "fake_store", as a store that the log stage hands batches
/// to: what was told to fail refuses to admit them, and they are remembered when they are taken.
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
    class Admitted final : public Admission {
     public:
      Admitted(RecordingConsumer& recorder, model::BatchPtr batch, Context context)
          : recorder_(recorder), batch_(std::move(batch)), context_(std::move(context)) {}
      void Take(const log::Appended&) override { recorder_.Remember(batch_, context_); }

     private:
      RecordingConsumer& recorder_;
      const model::BatchPtr batch_;
      const Context context_;
    };
    TRY(recorder_.Admit());
    return std::make_unique<Admitted>(recorder_, batch, context);
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

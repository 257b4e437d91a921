#include "pipeline/testing/fake_components.h"

#include <thread>
#include <utility>

#include "pipeline/leftover_keeper.h"
#include "pipeline/testing/opaque_batch.h"

namespace clew::pipeline::testing {
namespace {

/// Start and Stop that note themselves.
template <typename Base>
class Noting : public Base {
 public:
  Noting(FakeWorld& world, std::string kind, const CreateSettings& settings, const Section& config)
      : world_(world),
        name_(std::move(kind) + " " + settings.id),
        id_(settings.id),
        settings_(static_cast<const FakeSettings&>(config)) {}

  Status Start(Host& host) override {
    if (!settings_.needs.empty() && !host.FindExtension(settings_.needs)) {
      return base::InvalidArgument("extension \"{}\" is not there", settings_.needs);
    }
    if (settings_.fail_start) return base::Unavailable("told to fail");
    if (settings_.with_thread) std::thread([] {}).join();
    world_.Note("start " + name_);
    is_started_ = true;
    return {};
  }
  void Stop(Deadline) override {
    if (std::exchange(is_started_, false)) world_.Note("stop " + name_);
  }

 protected:
  const std::string& id() const { return id_; }
  FakeWorld& world() const { return world_; }

 private:
  FakeWorld& world_;
  const std::string name_;
  const std::string id_;
  const FakeSettings settings_;
  bool is_started_ = false;
};

class FakeReceiver final : public Noting<Receiver> {
 public:
  FakeReceiver(FakeWorld& world, const CreateSettings& settings, const Section& config,
               Consumer& next)
      : Noting(world, "receiver", settings, config), next_(next) {
    world.AddReceiver(id(), next_);
  }
  ~FakeReceiver() override { world().RemoveReceiver(id(), next_); }

 private:
  Consumer& next_;
};

class FakeProcessor final : public Noting<Processor> {
 public:
  FakeProcessor(FakeWorld& world, const CreateSettings& settings, const Section& config,
                Consumer& next)
      : Noting(world, "processor", settings, config), next_(next) {}
  LaterReceipt Consume(const model::BatchPtr& batch, const Context& context) override {
    return next_.Consume(batch, context);
  }

 private:
  Consumer& next_;
};

/// Hands on only what it inherited, and that when it starts.
class FakeKeeper final : public Noting<Processor>, public LeftoverKeeper {
 public:
  FakeKeeper(FakeWorld& world, const CreateSettings& settings, const Section& config,
             Consumer& next)
      : Noting(world, "processor", settings, config), next_(next) {}
  Status Start(Host& host) override {
    for (const model::BatchPtr& batch : std::exchange(held_, {})) {
      if (const auto result = next_.Consume(batch, {}).Wait(); !result) {
        return std::unexpected(result.error());
      }
    }
    return Noting::Start(host);
  }
  void Stop(Deadline deadline) override {
    Noting::Stop(deadline);
    if (!keeps_leftovers_) LeaveTo(nullptr);
  }
  LaterReceipt Consume(const model::BatchPtr& batch, const Context&) override {
    held_.push_back(batch);
    return Receipt{};
  }
  void KeepLeftovers() override { keeps_leftovers_ = true; }
  void LeaveTo(LeftoverHeir* heir) override {
    for (const model::BatchPtr& batch : std::exchange(held_, {})) {
      if (heir == nullptr || !heir->Inherit(batch, {})) world().Note("drop " + id());
    }
  }
  Status Inherit(const model::BatchPtr& batch, const Context&) override {
    held_.push_back(batch);
    return {};
  }

 private:
  Consumer& next_;
  std::vector<model::BatchPtr> held_;
  bool keeps_leftovers_ = false;
};

class FakeExporter final : public Noting<Exporter> {
 public:
  FakeExporter(FakeWorld& world, const CreateSettings& settings, const Section& config)
      : Noting(world, "exporter", settings, config), recorder_(world.exporter(settings.id)) {}
  LaterReceipt Consume(const model::BatchPtr& batch, const Context& context) override {
    return recorder_.Consume(batch, context);
  }

 private:
  RecordingConsumer& recorder_;
};

/// Hands on as many items of the other signal.
class FakeConnector final : public Noting<Connector> {
 public:
  FakeConnector(FakeWorld& world, const CreateSettings& settings, const Section& config,
                const Connection& connection, Consumer& next)
      : Noting(world, "connector", settings, config), to_(connection.to), next_(next) {}
  LaterReceipt Consume(const model::BatchPtr& batch, const Context& context) override {
    if (batch->signal() == to_) return next_.Consume(batch, context);
    return next_.Consume(MakeOpaqueBatch(batch->item_count(), "made", to_), context);
  }

 private:
  const model::Signal to_;
  Consumer& next_;
};

class FakeExtension final : public Noting<Extension> {
 public:
  FakeExtension(FakeWorld& world, const CreateSettings& settings, const Section& config)
      : Noting(world, "extension", settings, config) {}
  void NotifyReady() override { world().Note("ready " + id()); }
  void NotifyNotReady() override { world().Note("not ready " + id()); }
  Status CheckReady() const override { return world().extension_readiness(); }
};

Factory MakeFactory(ComponentKind kind, std::string type) {
  Factory factory;
  factory.kind = kind;
  factory.type = std::move(type);
  factory.description = "For tests.";
  factory.signals = model::SignalSet::All();
  factory.make_config = [] { return std::make_unique<FakeSettings>(); };
  return factory;
}

Factory MakeProcessorFactory(FakeWorld& world, std::string type) {
  Factory factory = MakeFactory(ComponentKind::kProcessor, std::move(type));
  factory.create_processor = [&world](const CreateSettings& settings, const Section& config,
                                      Consumer& next) -> Result<std::unique_ptr<Processor>> {
    return std::make_unique<FakeProcessor>(world, settings, config, next);
  };
  return factory;
}

Factory MakeExporterFactory(FakeWorld& world, std::string type) {
  Factory factory = MakeFactory(ComponentKind::kExporter, std::move(type));
  factory.create_exporter = [&world](const CreateSettings& settings,
                                     const Section& config) -> Result<std::unique_ptr<Exporter>> {
    return std::make_unique<FakeExporter>(world, settings, config);
  };
  return factory;
}

}  // namespace

void FakeWorld::Note(std::string event) {
  on_event(event);
  const std::scoped_lock lock(mutex_);
  events_.push_back(std::move(event));
}

std::vector<std::string> FakeWorld::events() const {
  const std::scoped_lock lock(mutex_);
  return events_;
}

void FakeWorld::ClearEvents() {
  const std::scoped_lock lock(mutex_);
  events_.clear();
}

RecordingConsumer& FakeWorld::exporter(const std::string& id) {
  const std::scoped_lock lock(mutex_);
  auto& recorder = exporters_[id];
  if (!recorder) recorder = std::make_unique<RecordingConsumer>();
  return *recorder;
}

Consumer* FakeWorld::receiver_next(const std::string& id) const {
  const std::scoped_lock lock(mutex_);
  const auto found = receivers_.find(id);
  return found == receivers_.end() ? nullptr : found->second;
}

Status FakeWorld::extension_readiness() const {
  const std::scoped_lock lock(mutex_);
  return extension_readiness_;
}

void FakeWorld::SetExtensionReadiness(Status readiness) {
  const std::scoped_lock lock(mutex_);
  extension_readiness_ = std::move(readiness);
}

void FakeWorld::AddReceiver(const std::string& id, Consumer& next) {
  const std::scoped_lock lock(mutex_);
  receivers_[id] = &next;
}

void FakeWorld::RemoveReceiver(const std::string& id, Consumer& next) {
  const std::scoped_lock lock(mutex_);
  if (receivers_[id] == &next) receivers_.erase(id);
}

void FakeSettings::Describe(Binder& binder) {
  binder.Field("endpoint", &endpoint, "host:port.");
  binder.Field("token", &token, "A secret.");
  binder.Field("timeout", &timeout, "How long to wait.");
  binder.Field("fail_start", &fail_start, "Whether Start fails.");
  binder.Field("with_thread", &with_thread, "Whether Start starts a thread.");
  binder.Field("uses_grpc", &uses_grpc, "Whether it talks gRPC.");
  binder.Field("needs", &needs, "An extension that must be there at the start.");
  binder.Optional("queue", &has_queue, &queue, "What waits.");
}

void FakeSettings::Validate(Problems& problems) const {
  if (endpoint.empty()) problems.Add("", "requires a non-empty \"endpoint\"");
  if (queue.size == 0) problems.Add("queue::size", "must be positive");
}

std::vector<Factory> MakeFakeFactories(FakeWorld& world) {
  std::vector<Factory> factories;
  Factory receiver = MakeFactory(ComponentKind::kReceiver, "fake");
  receiver.aliases = {"old_fake"};
  receiver.create_receiver = [&world](const CreateSettings& settings, const Section& config,
                                      Consumer& next) -> Result<std::unique_ptr<Receiver>> {
    return std::make_unique<FakeReceiver>(world, settings, config, next);
  };
  factories.push_back(std::move(receiver));

  factories.push_back(MakeProcessorFactory(world, "fake"));
  Factory batch = MakeProcessorFactory(world, "fake_batch");
  batch.placement = Placement::kBehindLogRegrouping;
  factories.push_back(std::move(batch));
  Factory sampler = MakeProcessorFactory(world, "fake_sampler");
  sampler.placement = Placement::kBehindLog;
  factories.push_back(std::move(sampler));
  Factory keeper = MakeFactory(ComponentKind::kProcessor, "fake_keeper");
  keeper.create_processor = [&world](const CreateSettings& settings, const Section& config,
                                     Consumer& next) -> Result<std::unique_ptr<Processor>> {
    return std::make_unique<FakeKeeper>(world, settings, config, next);
  };
  factories.push_back(std::move(keeper));

  factories.push_back(MakeExporterFactory(world, "fake"));
  Factory store = MakeExporterFactory(world, "fake_store");
  store.placement = Placement::kAtLog;
  store.signals = {model::Signal::kTraces};
  factories.push_back(std::move(store));

  Factory connector = MakeFactory(ComponentKind::kConnector, "fake_way");
  connector.connections = {{model::Signal::kTraces, model::Signal::kTraces},
                           {model::Signal::kLogs, model::Signal::kLogs},
                           {model::Signal::kTraces, model::Signal::kMetrics}};
  connector.create_connector = [&world](const CreateSettings& settings, const Section& config,
                                        const Connection& connection,
                                        Consumer& next) -> Result<std::unique_ptr<Connector>> {
    return std::make_unique<FakeConnector>(world, settings, config, connection, next);
  };
  factories.push_back(std::move(connector));

  Factory extension = MakeFactory(ComponentKind::kExtension, "fake");
  extension.create_extension = [&world](
                                   const CreateSettings& settings,
                                   const Section& config) -> Result<std::unique_ptr<Extension>> {
    return std::make_unique<FakeExtension>(world, settings, config);
  };
  factories.push_back(std::move(extension));
  return factories;
}

}  // namespace clew::pipeline::testing

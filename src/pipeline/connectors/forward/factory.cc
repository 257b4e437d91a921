#include "pipeline/connectors/forward/factory.h"

namespace clew::pipeline::connectors::forward {
namespace {

class Config final : public Section {
 public:
  void Describe(Binder&) override {}
};

/// Hands on what it is given. Any thread.
class ForwardConnector final : public Connector {
 public:
  explicit ForwardConnector(Consumer& next) : next_(next) {}
  Status Start(Host&) override { return {}; }
  void Stop(Deadline) override {}
  LaterReceipt Consume(const model::BatchPtr& batch, const Context& context) override {
    return next_.Consume(batch, context);
  }

 private:
  Consumer& next_;
};

}  // namespace

Factory ForwardConnectorFactory() {
  Factory factory{};
  factory.kind = ComponentKind::kConnector;
  factory.type = "forward";
  factory.description = "Hands what some pipelines send to it on to others of the same signal.";
  factory.make_config = [] { return std::make_unique<Config>(); };
  for (const model::Signal signal : model::kSignals) {
    factory.connections.push_back({signal, signal});
  }
  factory.create_connector = [](const CreateSettings&, const Section&, const Connection&,
                                Consumer& next) -> Result<std::unique_ptr<Connector>> {
    return std::make_unique<ForwardConnector>(next);
  };
  return factory;
}

}  // namespace clew::pipeline::connectors::forward

#include "pipeline/exporters/nop/factory.h"

namespace clew::pipeline::exporters::nop {
namespace {

class Config final : public Section {
 public:
  void Describe(Binder&) override {}
};

/// Takes everything and forgets it.
class NopExporter final : public Exporter {
 public:
  Status Start(Host&) override { return {}; }
  void Stop(Deadline) override {}
  LaterReceipt Consume(const model::BatchPtr&, const Context&) override { return Receipt{}; }
};

}  // namespace

Factory NopExporterFactory() {
  Factory factory{};
  factory.kind = ComponentKind::kExporter;
  factory.type = "nop";
  factory.description = "Takes everything and forgets it.";
  factory.signals = model::SignalSet::All();
  factory.make_config = [] { return std::make_unique<Config>(); };
  factory.create_exporter = [](const CreateSettings&,
                               const Section&) -> Result<std::unique_ptr<Exporter>> {
    return std::make_unique<NopExporter>();
  };
  return factory;
}

}  // namespace clew::pipeline::exporters::nop

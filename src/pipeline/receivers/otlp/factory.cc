#include "pipeline/receivers/otlp/factory.h"

#include "pipeline/receivers/otlp/config.h"
#include "pipeline/receivers/otlp/otlp_receiver.h"

namespace clew::pipeline::receivers::otlp {

Factory OtlpReceiverFactory() {
  Factory factory{};
  factory.kind = ComponentKind::kReceiver;
  factory.type = "otlp";
  factory.description = "Takes items over OTLP/gRPC and OTLP/HTTP (protobuf and JSON).";
  factory.signals = model::SignalSet::All();
  factory.make_config = [] { return std::make_unique<Config>(); };
  factory.create_receiver = [](const CreateSettings& settings, const Section& config,
                               Consumer& next) -> Result<std::unique_ptr<Receiver>> {
    return std::make_unique<OtlpReceiver>(settings, static_cast<const Config&>(config), next);
  };
  return factory;
}

}  // namespace clew::pipeline::receivers::otlp

#include "pipeline/exporters/otlp_grpc/factory.h"

#include <utility>

#include "net/grpc_client.h"
#include "pipeline/exporters/otlp_grpc/config.h"
#include "pipeline/exporters/otlp_grpc/grpc_sender.h"
#include "pipeline/sending/sending_exporter.h"

namespace clew::pipeline::exporters::otlp_grpc {
namespace {

constexpr const char* kUserAgent = "clew (linux)";

Result<std::unique_ptr<Exporter>> Create(const CreateSettings& settings, const Section& section) {
  const auto& config = static_cast<const Config&>(section);
  net::GrpcClientOptions options = config.ToOptions(kUserAgent);
  options.clock = &settings.host.clock();
  const auto make_sender =
      [options = std::move(options)](
          const ExporterCounters&) -> Result<std::unique_ptr<sending::Sender>> {
    ASSIGN_OR_RETURN(auto client, net::GrpcClient::Create(options));
    return std::make_unique<GrpcSender>(std::move(client));
  };
  return std::make_unique<sending::SendingExporter>(
      settings, sending::SendingOptions{config.timeout, config.sending}, make_sender);
}

}  // namespace

Factory OtlpGrpcExporterFactory() {
  Factory factory{};
  factory.kind = ComponentKind::kExporter;
  factory.type = "otlp_grpc";
  factory.aliases = {"otlp"};
  factory.description = "Sends items over OTLP/gRPC.";
  factory.signals = model::SignalSet::All();
  factory.make_config = [] { return std::make_unique<Config>(); };
  factory.create_exporter = Create;
  return factory;
}

}  // namespace clew::pipeline::exporters::otlp_grpc

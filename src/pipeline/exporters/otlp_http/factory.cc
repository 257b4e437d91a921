#include "pipeline/exporters/otlp_http/factory.h"

#include <utility>

#include "net/http_client.h"
#include "pipeline/exporters/otlp_http/config.h"
#include "pipeline/exporters/otlp_http/http_sender.h"
#include "pipeline/sending/sending_exporter.h"

namespace clew::pipeline::exporters::otlp_http {
namespace {

constexpr const char* kUserAgent = "clew (linux)";

Result<std::unique_ptr<Exporter>> Create(const CreateSettings& settings, const Section& section) {
  const auto& config = static_cast<const Config&>(section);
  ASSIGN_OR_RETURN(std::string url, config.UrlOf(settings.signal()));
  net::HttpClientOptions client_options = config.ToOptions(kUserAgent);
  client_options.clock = &settings.host.clock();
  const auto make_sender =
      [client_options = std::move(client_options),
       options = HttpSender::Options{.signal = settings.signal(),
                                     .url = std::move(url),
                                     .is_json = config.encoding == "json",
                                     .compression = config.body_compression(),
                                     .content_encoding = config.compression},
       &host = settings.host](const ExporterCounters&) -> Result<std::unique_ptr<sending::Sender>> {
    ASSIGN_OR_RETURN(auto client, net::HttpClient::Create(client_options));
    return std::make_unique<HttpSender>(options, std::move(client), host.clock());
  };
  return std::make_unique<sending::SendingExporter>(
      settings, sending::SendingOptions{config.timeout, config.sending}, make_sender);
}

}  // namespace

Factory OtlpHttpExporterFactory() {
  Factory factory{};
  factory.kind = ComponentKind::kExporter;
  factory.type = "otlp_http";
  factory.aliases = {"otlphttp"};
  factory.description = "Sends items over OTLP/HTTP, as protobuf or JSON.";
  factory.signals = model::SignalSet::All();
  factory.make_config = [] { return std::make_unique<Config>(); };
  factory.create_exporter = Create;
  return factory;
}

}  // namespace clew::pipeline::exporters::otlp_http

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>

#include "app/bench/server_process.h"
#include "app/cli/commands.h"
#include "app/cli/component_signals.h"
#include "app/components.h"
#include "app/default_config.h"
#include "app/serve/server.h"
#include "net/http_client.h"
#include "pipeline/config/config.h"

namespace clew::app::cli {
namespace {

/// A cell of a table.
std::string Cell(std::string_view text) {
  std::string out;
  for (const char byte : text) {
    out += byte == '|' ? "\\|" : std::string(1, byte);
  }
  return out;
}

std::string ComponentReference(const pipeline::Factory& factory) {
  std::string out = fmt::format("\n### {} `{}`\n\n{}\n", pipeline::KindName(factory.kind),
                                factory.type, factory.description);
  if (!factory.aliases.empty()) {
    out +=
        fmt::format("\nOlder names that still load: `{}`.\n", fmt::join(factory.aliases, "`, `"));
  }
  if (const auto signals = SignalsOf(factory); !signals.empty()) {
    out += fmt::format("\nFor pipelines of {}.\n", fmt::join(signals, ", "));
  }
  const auto section = factory.make_config();
  const std::vector<pipeline::FieldInfo> fields = pipeline::ListFields(*section);
  if (fields.empty()) {
    return out + "\nIt has no settings.\n";
  }
  out += "\n| key | type | default | what it says |\n| --- | --- | --- | --- |\n";
  for (const pipeline::FieldInfo& field : fields) {
    out += fmt::format("| `{}` | {} | {} | {} |\n", field.path, Cell(field.type),
                       field.default_value.empty() ? std::string()
                                                   : fmt::format("`{}`", Cell(field.default_value)),
                       Cell(field.help));
  }
  return out;
}

std::string ConfigurationReference() {
  std::string out = fmt::format(
      "# Configuration\n\n"
      "Written by `clew docs configuration`; a test compares the two. The language is that of the\n"
      "OpenTelemetry Collector: see [how to use clew as a "
      "collector](../how-to/use-as-a-collector.md).\n\n"
      "## The built-in configuration\n\n"
      "What runs without `--config`:\n\n```yaml\n{}```\n\n"
      "`--set` changes single settings of it:\n\n```sh\n"
      "clew --set receivers.otlp.protocols.grpc.endpoint=0.0.0.0:4317 \\\n"
      "  --set extensions.clew_query.jaeger.endpoint=localhost:26686\n```\n\n"
      "A file replaces it as a whole, so one with a port or two is not enough. Begin with all of "
      "it:\n"
      "`clew config print > clew.yaml`, change what is to be changed, `clew --config "
      "clew.yaml`.\n\n"
      "## Components\n",
      DefaultConfig());
  for (const pipeline::Factory& factory : ComponentFactories()) {
    out += ComponentReference(factory);
  }
  return out;
}

/// One of everything, on free ports, below `folder`: what it registers is what there is.
std::string ConfigWithEverything(const std::string& folder, const bench::Ports& ports) {
  return fmt::format(R"(yaml:
receivers: {{otlp: {{protocols: {{grpc: {{endpoint: 'localhost:0'}}, http: {{endpoint: '127.0.0.1:{1}'}}}}}}}}
processors: {{memory_limiter: {{check_interval: 1s, limit_percentage: 75}}, batch: {{}}}}
exporters:
  clew_storage: {{}}
  debug: {{}}
  nop: {{}}
  file: {{path: '{0}/spans.jsonl'}}
  otlp_grpc: {{endpoint: 'localhost:1', tls: {{insecure: true}}}}
  otlp_http: {{endpoint: 'http://localhost:1'}}
extensions:
  clew_storage: {{directory: '{0}/data'}}
  clew_query: {{jaeger: {{endpoint: '127.0.0.1:{2}'}}, tempo: {{endpoint: 'localhost:0'}}}}
  health_check: {{endpoint: 'localhost:0'}}
service:
  extensions: [clew_storage, clew_query, health_check]
  pipelines:
    traces/stored: {{receivers: [otlp], processors: [memory_limiter, batch], exporters: [clew_storage, nop]}}
    traces/sent: {{receivers: [otlp], exporters: [debug, nop, file, otlp_grpc, otlp_http]}}
    metrics: {{receivers: [otlp], processors: [memory_limiter, batch], exporters: [file, otlp_grpc]}}
    logs: {{receivers: [otlp], processors: [memory_limiter, batch], exporters: [file, otlp_grpc]}}
    profiles: {{receivers: [otlp], processors: [memory_limiter], exporters: [file, otlp_grpc]}}
  telemetry: {{resource: {{service.name: clew}}, logs: {{level: error}}, metrics: {{level: none}}}}
)",
                     folder, ports.http, ports.jaeger);
}

/// What is counted by a label that a request brings has no series before the first such request.
Status MakeRequests(const bench::Ports& ports) {
  ASSIGN_OR_RETURN(const auto http, net::HttpClient::Create({}));
  TRY(http->Post(fmt::format("http://127.0.0.1:{}/nothing", ports.http), "", {}));
  TRY(http->Get(fmt::format("http://127.0.0.1:{}/api/services", ports.jaeger)));
  return {};
}

Result<std::string> MetricsReference() {
  char name[] = "/tmp/clew-docs-XXXXXX";
  if (mkdtemp(name) == nullptr) {
    return Unavailable("cannot make a folder below /tmp");
  }
  const std::string folder = name;
  ASSIGN_OR_RETURN(const bench::Ports ports, bench::Ports::Free());
  std::vector<base::MetricInfo> metrics;
  Status status;
  {
    serve::Server server(
        {.built_in = {}, .uris = {ConfigWithEverything(folder, ports)}, .sets = {}});
    status = server.Start();
    if (status.has_value()) {
      status = MakeRequests(ports);
    }
    metrics = server.ListMetrics();
    server.Shutdown(std::chrono::seconds(5));
  }
  std::filesystem::remove_all(folder);
  TRY(status);
  std::string out =
      "# Metrics\n\n"
      "Written by `clew docs metrics`; a test compares the two. They are at `/metrics` of the\n"
      "telemetry address (localhost:8888), with the Collector's names where it has them.\n"
      "A label says whose a value is: `receiver`, `processor`, `exporter` and `pipeline` have its "
      "id,\n"
      "and so has `storage`, for all of a `clew_storage` extension (`clew_log_*`, `clew_head_*`,\n"
      "`clew_block*`, `clew_storage_*`, `clew_query_cache_*`).\n\n"
      "| metric | type | what it counts |\n| --- | --- | --- |\n";
  for (const base::MetricInfo& metric : metrics) {
    out += fmt::format("| `{}` | {} | {} |\n", metric.name, metric.type, Cell(metric.help));
  }
  return out;
}

}  // namespace

int RunDocs(const std::string& topic, const Terminal& terminal) {
  if (topic == "metrics") {
    const auto reference = MetricsReference();
    if (!reference.has_value()) {
      terminal.PrintError(reference.error().message);
      return kExitFailed;
    }
    terminal.Print(*reference);
    return kExitDone;
  }
  terminal.Print(ConfigurationReference());
  return kExitDone;
}

}  // namespace clew::app::cli

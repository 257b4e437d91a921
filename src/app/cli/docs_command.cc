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
#include "model/semantic_names.h"
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

std::string_view NameOf(model::RenameSource source) {
  switch (source) {
    case model::RenameSource::kSchema:
      return "schema";
    case model::RenameSource::kRegistry:
      return "registry";
    case model::RenameSource::kWords:
      return "words";
  }
  return "";
}

std::string SemanticConventionsReference() {
  std::string out = fmt::format(R"(# Semantic conventions

Written by `clew docs semantic-conventions`; a test compares the two.

Names of attributes that clew takes for one another: what older semantic conventions of
OpenTelemetry called by another name. They were read from release {0} of
[semantic-conventions](https://github.com/open-telemetry/semantic-conventions/tree/v{0}), and are
those of spans, resources, scopes, events and links. Queries ask by all of them, unless they are told
not to: with `semantic_conventions=false` as a parameter of the request, or in TraceQL as the hint
`with(semantic_conventions=false)`.

What it means to ask for an attribute by all its names:

- They are equal: each finds what was sent under another one. A chain of renames is one attribute,
  and so is all that was given one name.
- Where a span has several of the names, TraceQL takes the value of one: of the name that the query
  states, else of the newest. Those of the span come before those of its resource.
- For searches of Jaeger's API they are values of one attribute: a comparison holds when it does for
  one of them. That an attribute is there and not equal to something holds when it is there under
  one of the names, and equal under none.
- Names are taken for one another, values are not: what was `mssql` in `db.system` is
  `microsoft.sql_server` in `db.system.name`, and some values of `gen_ai.system`, `http.flavor`,
  `messaging.operation`, `net.transport` and `rpc.system` changed likewise. To find both, ask for
  both.
- Nothing of what is stored changes: spans are shown with the names that they were sent with, and so
  are the attributes that a search lists with the spans it finds. What a query groups by is called as
  the query says. Lists of names and of values are of names as they were sent.

Not here are attributes of metrics alone, keys with a part of their own (`k8s.pod.labels.<key>`),
and what was split or has values of another type now, as `http.target` and
`db.redis.database_index`. What spans of servers called `net.peer.name` and `net.peer.port` is
`client.address` and `client.port` now; here they are `server.address` and `server.port`, as they
are for spans of clients.

A name is old since the release that is named here. That says the schema file, else the registry as
a rename, else the registry in words.

| older name | newest name | old since | says |
| --- | --- | --- | --- |
)",
                                model::kSemanticConventionsRelease);
  for (const model::SemanticRename& rename : model::SemanticRenames()) {
    out += fmt::format("| `{}` | `{}` | 1.{}.0 | {} |\n", rename.older,
                       model::SameNamesAs(rename.older).front(), rename.release,
                       NameOf(rename.source));
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
  terminal.Print(topic == "semantic-conventions" ? SemanticConventionsReference()
                                                 : ConfigurationReference());
  return kExitDone;
}

}  // namespace clew::app::cli

#include "pipeline/config/telemetry.h"

#include <fmt/core.h>

#include <algorithm>
#include <initializer_list>
#include <optional>
#include <string_view>
#include <vector>

#include "base/url.h"
#include "pipeline/config/bind.h"
#include "pipeline/config/emit.h"

namespace clew::pipeline {
namespace {

constexpr std::string_view kPath = "service::telemetry";

struct LogsSection final : Section {
  std::string level = "info";
  std::string encoding = "console";
  bool disable_caller = false;
  bool disable_stacktrace = false;
  std::vector<std::string> output_paths = {"stderr"};
  std::vector<std::string> error_output_paths = {"stderr"};

  void Describe(Binder& binder) override {
    binder.Choice("level", &level, {"debug", "info", "warn", "error", "dpanic", "panic", "fatal"},
                  "What is logged: this and everything more severe.");
    binder.Choice("encoding", &encoding, {"console", "json"}, "How a log line is written.");
    binder.Field("disable_caller", &disable_caller, "clew never writes the caller.");
    binder.Field("disable_stacktrace", &disable_stacktrace, "clew never writes stack traces.");
    binder.Field("output_paths", &output_paths, "Always standard error.");
    binder.Field("error_output_paths", &error_output_paths, "Always standard error.");
  }
  void Validate(Problems& problems) const override {
    const std::vector<std::string> allowed = {"stderr"};
    if (output_paths != allowed) {
      problems.Add("output_paths", "clew logs to stderr only, write [stderr] or leave it out");
    }
    if (error_output_paths != allowed) {
      problems.Add("error_output_paths",
                   "clew logs to stderr only, write [stderr] or leave it out");
    }
  }
};

struct MetricsSection final : Section {
  std::string level = "normal";

  void Describe(Binder& binder) override {
    binder.Choice("level", &level, {"none", "basic", "normal", "detailed"},
                  "none: no listener; the other levels show the same metrics.");
  }
};

struct TracesSection final : Section {
  std::string level = "none";

  void Describe(Binder& binder) override {
    binder.Choice("level", &level, {"none"}, "clew does not trace itself.");
  }
};

struct PrometheusSection final : Section {
  std::string host = "localhost";
  std::uint64_t port = 8888;
  bool without_scope_info = true;
  bool without_units = true;
  bool without_type_suffix = true;

  void Describe(Binder& binder) override {
    binder.Field("host", &host, "Address to listen on.");
    binder.Field("port", &port, "Port to listen on; 0 takes a free one.");
    binder.Field("without_scope_info", &without_scope_info, "Always true.");
    binder.Field("without_units", &without_units, "Always true.");
    binder.Field("without_type_suffix", &without_type_suffix, "Always true.");
  }
  void Validate(Problems& problems) const override {
    if (port > 65535) problems.Add("port", fmt::format("{} is not a port", port));
    const bool is_v6 = std::ranges::count(host, ':') > 1;
    if (host.find_first_of("/@[] ") != std::string::npos || (host.contains(':') && !is_v6)) {
      problems.Add("host",
                   fmt::format("\"{}\" is not a host, write its name or address alone, such "
                               "as localhost or ::1, and the port as port",
                               base::RedactUrl(host)));
    }
    const auto require = [&](std::string_view name, bool value) {
      if (!value) problems.Add(name, "clew always names its metrics without, leave it out");
    };
    require("without_scope_info", without_scope_info);
    require("without_units", without_units);
    require("without_type_suffix", without_type_suffix);
  }
};

class TelemetryReader {
 public:
  explicit TelemetryReader(ProblemList& problems) : problems_(problems) {}

  TelemetryConfig Read(const Node& node) {
    const std::string path(kPath);
    if (!RequireMap(node, path)) return config_;
    for (const Node::Entry& entry : node.entries) {
      if (entry.key == "logs") {
        ReadLogs(entry.value);
      } else if (entry.key == "metrics") {
        ReadMetrics(entry.value);
      } else if (entry.key == "traces") {
        TracesSection traces;
        Fill(traces, entry.value, {"propagators", "processors"}, path + "::traces");
      } else if (entry.key == "resource") {
        ReadResource(entry.value);
      } else {
        problems_.push_back(
            {entry.place,
             UnknownKeyMessage(path, entry.key, {"logs", "metrics", "traces", "resource"})});
      }
    }
    return config_;
  }

 private:
  bool RequireMap(const Node& node, const std::string& path) {
    if (node.is_map() || node.is_null()) return true;
    problems_.push_back(
        {node.place, fmt::format("'{}' expected a map, got {}", path, node.Describe())});
    return false;
  }

  /// Fills `section` but for the keys in `unsupported`, which are refused.
  void Fill(Section& section, Node node, std::initializer_list<std::string_view> unsupported,
            const std::string& path) {
    for (const std::string_view key : unsupported) RefuseKey(node, key, path);
    BindSection(section, node, path, problems_);
    ValidateSection(section, node, path, problems_);
  }

  void RefuseKey(Node& node, std::string_view key, const std::string& path) {
    for (const Node::Entry& entry : node.entries) {
      const bool is_empty =
          entry.value.is_null() || (entry.value.kind != Node::Kind::kScalar &&
                                    entry.value.items.empty() && entry.value.entries.empty());
      const bool is_off = entry.value.kind == Node::Kind::kScalar &&
                          entry.value.type == ScalarType::kBool && entry.value.text == "false";
      if (entry.key == key && !is_empty && !is_off) {
        problems_.push_back(
            {entry.place, fmt::format("{}::{}: not supported by clew, remove it", path, key)});
      }
    }
    node.Remove(key);
  }

  void ReadLogs(Node node) {
    const std::string path = fmt::format("{}::logs", kPath);
    // "Do not sample" is what clew does.
    if (const Node* sampling = node.Find("sampling")) {
      const Node* enabled = sampling->Find("enabled");
      if (enabled && enabled->text == "false") node.Remove("sampling");
    }
    LogsSection logs;
    Fill(logs, std::move(node),
         {"development", "sampling", "initial_fields", "disable_zap_resource", "processors"}, path);
    const bool is_worse = logs.level == "dpanic" || logs.level == "panic" || logs.level == "fatal";
    config_.log_level = is_worse ? "error" : logs.level;
    config_.log_encoding = logs.encoding;
  }

  void ReadMetrics(Node node) {
    const std::string path = fmt::format("{}::metrics", kPath);
    if (const Node* readers = node.Find("readers")) {
      ReadReaders(*readers, path + "::readers");
      node.Remove("readers");
    }
    for (const Node::Entry& entry : node.entries) {
      if (entry.key != "address") continue;
      problems_.push_back({entry.place, fmt::format("{}::address: was removed, set host and port "
                                                    "in readers: [{{pull: {{exporter: "
                                                    "{{prometheus: {{host, port}}}}}}}}]",
                                                    path)});
    }
    node.Remove("address");
    MetricsSection metrics;
    Fill(metrics, std::move(node), {"views"}, path);
    config_.metrics_level = metrics.level;
  }

  void ReadReaders(const Node& readers, const std::string& path) {
    if (readers.is_null()) return;
    config_.has_prometheus = false;
    if (readers.kind != Node::Kind::kList) {
      problems_.push_back(
          {readers.place,
           fmt::format("'{}' expected a list, got {}: write all of it, [{{pull: {{exporter: "
                       "{{prometheus: {{host: localhost, port: 8888}}}}}}}}]",
                       path, readers.Describe())});
      return;
    }
    for (std::size_t i = 0; i < readers.items.size(); ++i) {
      ReadReader(readers.items[i], fmt::format("{}[{}]", path, i));
    }
  }

  void ReadReader(const Node& reader, const std::string& path) {
    const Node* prometheus = Only(reader, {"pull", "exporter", "prometheus"}, path);
    if (!prometheus) return;
    if (config_.has_prometheus) {
      problems_.push_back({reader.place, path + ": clew has one reader, remove this one"});
      return;
    }
    config_.has_prometheus = true;
    PrometheusSection section;
    section.host = config_.prometheus_host;
    Fill(section, *prometheus, {"with_resource_constant_labels"},
         path + "::pull::exporter::prometheus");
    config_.prometheus_host = section.host;
    config_.prometheus_port = static_cast<std::uint16_t>(section.port);
  }

  /// Follows `keys`, each of which must be the only one of its map.
  const Node* Only(const Node& reader, std::initializer_list<std::string_view> keys,
                   std::string path) {
    const Node* node = &reader;
    for (const std::string_view key : keys) {
      for (const Node::Entry& entry : node->entries) {
        if (entry.key == key) continue;
        problems_.push_back({entry.place, fmt::format("{}::{}: not supported by clew, use {}", path,
                                                      entry.key, "pull::exporter::prometheus")});
        return nullptr;
      }
      node = node->Find(key);
      if (!node) {
        problems_.push_back({reader.place, fmt::format("{}: needs the key {}", path, key)});
        return nullptr;
      }
      path += fmt::format("::{}", key);
    }
    return node;
  }

  void ReadResource(const Node& node) {
    const std::string path = fmt::format("{}::resource", kPath);
    if (!RequireMap(node, path)) return;
    const Node* attributes = node.Find("attributes");
    if (!attributes || attributes->kind != Node::Kind::kList) return ReadAttributes(node, path);
    for (const Node::Entry& entry : node.entries) {
      if (entry.key == "attributes") continue;
      problems_.push_back(
          {entry.place, fmt::format("{}::{}: not supported by clew, remove it", path, entry.key)});
    }
    for (const Node& item : attributes->items) {
      const Node* name = item.Find("name");
      const Node* value = item.Find("value");
      if (!name || !value || item.entries.size() != 2) {
        problems_.push_back(
            {item.place, fmt::format("'{}::attributes' expected a list of {{name, value}}", path)});
        continue;
      }
      ReadAttribute(name->text, *value, path);
    }
  }

  void ReadAttributes(const Node& map, const std::string& path) {
    for (const Node::Entry& entry : map.entries) ReadAttribute(entry.key, entry.value, path);
  }

  void ReadAttribute(const std::string& name, const Node& value, const std::string& path) {
    if (value.is_null()) return;
    if (value.kind != Node::Kind::kScalar) {
      problems_.push_back({value.place, fmt::format("'{}::{}' expected a scalar, got {}", path,
                                                    name, value.Describe())});
      return;
    }
    config_.resource[name] = value.original.value_or(value.text);
  }

  ProblemList& problems_;
  TelemetryConfig config_;
};

}  // namespace

std::string TelemetryConfig::Emit(int indent, Secrecy secrecy) const {
  std::string text;
  const auto line = [&](int depth, const std::string& content) {
    text += fmt::format("{:{}}{}\n", "", indent + 2 * depth, content);
  };
  line(0, "logs:");
  line(1, "level: " + log_level);
  line(1, "encoding: " + log_encoding);
  line(0, "metrics:");
  line(1, "level: " + metrics_level);
  if (has_prometheus) {
    line(1, "readers:");
    line(2, "- pull:");
    line(4, "exporter:");
    line(5, "prometheus:");
    line(6, "host: " + EmitText(prometheus_host));
    line(6, fmt::format("port: {}", prometheus_port));
  } else {
    line(1, "readers: []");
  }
  if (!resource.empty()) line(0, "resource:");
  for (const auto& [name, value] : resource) {
    const std::string shown = secrecy == Secrecy::kShown ? value : base::RedactUrl(value);
    line(1, fmt::format("{}: {}", EmitText(name), EmitText(shown)));
  }
  return text;
}

TelemetryConfig ReadTelemetry(const Node& node, ProblemList& problems) {
  return TelemetryReader(problems).Read(node);
}

}  // namespace clew::pipeline

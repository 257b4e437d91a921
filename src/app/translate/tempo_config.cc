#include "app/translate/tempo_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <optional>
#include <utility>
#include <vector>

#include "app/translate/emit_node.h"

namespace clew::app::translate {
namespace {

using pipeline::Node;
using pipeline::ScalarType;
using Path = std::initializer_list<std::string_view>;

/// Why something is left out, by how its path begins; the first that fits.
struct Reason {
  std::string_view path;
  std::string_view text;
};
constexpr Reason kReasons[] = {
    {"storage.trace.local", "the folder of clew's own is below it, and what is in it is not read"},
    {"storage.trace.wal", "clew's log lies in the folder of its storage"},
    {"storage.trace.", "clew keeps spans in a folder of this machine, in a format of its own"},
    {"storage", "clew keeps spans in a folder of this machine"},
    {"distributor.receivers", "there is no such receiver in this version"},
    {"metrics_generator", "no metrics are made of spans in this version"},
    {"overrides", "limits are the same for all tenants, and are set where they are kept"},
    {"query_frontend.mcp_server", "there is no MCP server in this version"},
    {"memberlist", "clew is one process, which is in no ring"},
    {"ingester", "clew is one process; see clew_storage for when spans become blocks"},
    {"live_store", "clew is one process; see clew_storage for when spans become blocks"},
    {"block_builder", "clew is one process; see clew_storage for when spans become blocks"},
    {"ingest", "clew has a log of its own, and reads none from Kafka"},
    {"compactor", "clew has no compactor to set"},
    {"backend_", "clew has no compactor to set"},
};

std::string_view ReasonOf(std::string_view path) {
  for (const Reason& reason : kReasons) {
    if (path.starts_with(reason.path)) return reason.text;
  }
  return "clew has no setting for it";
}

Node Text(std::string text) { return Node::Scalar(std::move(text), ScalarType::kString, {}); }
Node Bool(bool value) { return Node::Scalar(value ? "true" : "false", ScalarType::kBool, {}); }
Node EmptyMap() { return Node::Map({}); }

Node List(std::initializer_list<std::string_view> texts) {
  Node list;
  list.kind = Node::Kind::kList;
  for (const std::string_view text : texts) list.items.push_back(Text(std::string(text)));
  return list;
}

void Set(Node& root, Path path, Node value) {
  Node* at = &root;
  for (const std::string_view key : path) {
    if (!at->is_map()) *at = EmptyMap();
    Node* next = at->Find(key);
    if (next == nullptr) {
      at->entries.push_back({std::string(key), {}, EmptyMap()});
      next = &at->entries.back().value;
    }
    at = next;
  }
  *at = std::move(value);
}

class FromTempoConfig {
 public:
  FromTempoConfig(Node tempo, const std::function<bool(std::string_view)>& knows_receiver)
      : tempo_(std::move(tempo)), knows_receiver_(knows_receiver) {}

  Translation Translate() {
    TakeReceivers();
    Set(clew_, {"processors", "memory_limiter", "check_interval"}, Text("1s"));
    Set(clew_, {"processors", "memory_limiter", "limit_percentage"}, Number("75"));
    Set(clew_, {"processors", "memory_limiter", "spike_limit_percentage"}, Number("15"));
    Set(clew_, {"exporters", "clew_storage"}, EmptyMap());
    TakeStorage();
    TakeQueries();
    TakeTenants();
    Set(clew_, {"extensions", "health_check"}, EmptyMap());
    Set(clew_, {"service", "extensions"}, List({"clew_storage", "clew_query", "health_check"}));
    Node receivers = List({});
    for (const Node::Entry& entry : clew_.Find("receivers")->entries) {
      receivers.items.push_back(Text(entry.key));
    }
    Set(clew_, {"service", "pipelines", "traces", "receivers"}, std::move(receivers));
    Set(clew_, {"service", "pipelines", "traces", "processors"}, List({"memory_limiter"}));
    Set(clew_, {"service", "pipelines", "traces", "exporters"}, List({"clew_storage"}));
    if (auto level = Take({"server", "log_level"})) {
      Set(clew_, {"service", "telemetry", "logs", "level"}, *std::move(level));
    }
    Translation translation{.yaml = EmitNode(clew_), .left_out = {}};
    AddRest(tempo_, "", &translation.left_out);
    return translation;
  }

 private:
  static Node Number(std::string text) {
    return Node::Scalar(std::move(text), ScalarType::kInt, {});
  }

  // What stands there, which is done with then.
  std::optional<Node> Take(Path path) {
    Node* parent = nullptr;
    Node* at = &tempo_;
    for (const std::string_view key : path) {
      parent = at;
      at = at->Find(key);
      if (at == nullptr) return std::nullopt;
    }
    std::optional<Node> taken = *at;
    parent->Remove(*(path.end() - 1));
    return taken->is_null() ? std::nullopt : taken;
  }
  std::string TakeText(Path path, std::string otherwise) {
    const auto taken = Take(path);
    return taken ? taken->text : std::move(otherwise);
  }
  void Move(Path from, Path to) {
    if (auto taken = Take(from)) Set(clew_, to, *std::move(taken));
  }

  void TakeReceivers() {
    if (Node* distributor = tempo_.Find("distributor")) {
      if (Node* receivers = distributor->Find("receivers")) {
        std::vector<Node::Entry> others;
        for (Node::Entry& entry : receivers->entries) {
          const std::string_view type = std::string_view(entry.key).substr(0, entry.key.find('/'));
          if (knows_receiver_(type)) {
            Set(clew_, {"receivers", entry.key}, std::move(entry.value));
          } else {
            others.push_back(std::move(entry));
          }
        }
        receivers->entries = std::move(others);
      }
    }
    if (clew_.Find("receivers") == nullptr) {
      Set(clew_, {"receivers", "otlp", "protocols", "grpc", "endpoint"}, Text("localhost:4317"));
    }
  }

  void TakeStorage() {
    const Node* const backend = Find({"storage", "trace", "backend"});
    const bool is_local = backend != nullptr && backend->text == "local";
    if (is_local) Take({"storage", "trace", "backend"});
    const Node* const folder = is_local ? Find({"storage", "trace", "local", "path"})
                                        : Find({"storage", "trace", "wal", "path"});
    Node directory = Text(folder == nullptr ? "clew-data" : folder->text + "/clew");
    Set(clew_, {"extensions", "clew_storage", "directory"}, std::move(directory));
    const Path retention = {"extensions", "clew_storage", "retention", "age"};
    for (const std::string_view part : {"compactor", "backend_scheduler", "backend_worker"}) {
      Move({part, "compaction", "block_retention"}, retention);
    }
    Move({"overrides", "defaults", "compaction", "block_retention"}, retention);
  }

  void TakeQueries() {
    const auto endpoint = [this](std::string_view protocol, const std::string& port) {
      const std::string address = fmt::format("{}_listen_address", protocol);
      std::string host = TakeText({"server", address}, "0.0.0.0");
      if (host.empty()) host = "0.0.0.0";
      return Text(fmt::format(fmt::runtime(host.contains(':') ? "[{}]:{}" : "{}:{}"), host, port));
    };
    Set(clew_, {"extensions", "clew_query", "tempo", "endpoint"},
        endpoint("http", TakeText({"server", "http_listen_port"}, "3200")));
    if (const auto port = Take({"server", "grpc_listen_port"})) {
      Set(clew_, {"extensions", "clew_query", "tempo", "grpc", "endpoint"},
          endpoint("grpc", port->text));
    }
    const auto move = [this](Path from, std::string_view key) {
      Move(from, {"extensions", "clew_query", "tempo", key});
    };
    move({"server", "http_server_read_timeout"}, "read_timeout");
    move({"server", "http_server_write_timeout"}, "write_timeout");
    move({"server", "http_server_idle_timeout"}, "idle_timeout");
    move({"http_api_prefix"}, "http_api_prefix");
    Move({"query_frontend", "search", "max_result_limit"},
         {"extensions", "clew_query", "max_limit"});
    Move({"query_frontend", "api_timeout"}, {"extensions", "clew_query", "timeout"});
    // It is always so.
    if (const Node* const streams = Find({"stream_over_http_enabled"});
        streams != nullptr && streams->text == "true") {
      Take({"stream_over_http_enabled"});
    }
    if (const Node* const target = Find({"target"}); target != nullptr && target->text == "all") {
      Take({"target"});
    }
    // Clew reports to nobody.
    Take({"usage_report"});
  }

  void TakeTenants() {
    if (TakeText({"multitenancy_enabled"}, "false") != "true") return;
    Set(clew_, {"extensions", "clew_query", "tenancy", "enabled"}, Bool(true));
    for (Node::Entry& receiver : clew_.Find("receivers")->entries) {
      Set(receiver.value, {"tenancy", "enabled"}, Bool(true));
    }
  }

  const Node* Find(Path path) const {
    const Node* at = &tempo_;
    for (const std::string_view key : path) {
      at = at->Find(key);
      if (at == nullptr) return nullptr;
    }
    return at;
  }

  static void AddRest(const Node& node, const std::string& path, pipeline::ProblemList* left_out) {
    for (const Node::Entry& entry : node.entries) {
      const std::string name = path.empty() ? entry.key : path + "." + entry.key;
      if (entry.value.is_map()) {
        AddRest(entry.value, name, left_out);
      } else {
        left_out->push_back({entry.place, name + " is left out: " + std::string(ReasonOf(name))});
      }
    }
  }

  Node tempo_;
  const std::function<bool(std::string_view)>& knows_receiver_;
  Node clew_ = EmptyMap();
};

}  // namespace

Translation FromTempo(const Node& tempo,
                      const std::function<bool(std::string_view type)>& knows_receiver) {
  return FromTempoConfig(tempo, knows_receiver).Translate();
}

}  // namespace clew::app::translate

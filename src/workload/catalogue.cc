#include "workload/catalogue.h"

#include <fmt/core.h>

#include <array>
#include <string_view>

#include "workload/protobuf_text.h"

namespace clew::workload {
namespace {

constexpr std::uint32_t kSpanAttributes = 9;
constexpr std::uint32_t kEventAttributes = 3;
constexpr std::uint32_t kResourceAttributes = 1;

constexpr std::array kNouns = {"order",    "payment", "cart",      "catalog",  "inventory",
                               "shipping", "invoice", "customer",  "search",   "session",
                               "review",   "coupon",  "warehouse", "delivery", "account"};
constexpr std::array kVerbs = {"Get",     "List",    "Create", "Update", "Delete",  "Validate",
                               "Reserve", "Release", "Submit", "Cancel", "Refresh", "Resolve"};
constexpr std::array kMethods = {"GET", "GET", "GET", "POST", "POST", "PUT", "DELETE"};
constexpr std::array kFaults = {
    "java.net.SocketTimeoutException", "java.lang.IllegalStateException",
    "java.sql.SQLTransientConnectionException", "io.grpc.StatusRuntimeException"};

template <typename Array>
std::string_view Pick(Dice& dice, const Array& values) {
  return values[dice.Below(values.size())];
}

std::string MakeException(Dice& dice, std::string_view noun) {
  const std::string_view type = Pick(dice, kFaults);
  const std::string message = fmt::format("{} {} was not answered within {} ms", noun,
                                          Pick(dice, kVerbs), 100 * (1 + dice.Below(20)));
  std::string stack = fmt::format("{}: {}\n", type, message);
  const std::uint32_t frame_count = 8 + dice.Below(12);
  for (std::uint32_t frame = 0; frame < frame_count; ++frame) {
    stack += fmt::format("\tat com.example.{}.{}Handler.{}({}Handler.java:{})\n", noun,
                         Pick(dice, kVerbs), Pick(dice, kVerbs), Pick(dice, kVerbs),
                         10 + dice.Below(900));
  }
  std::string fields;
  AppendStringAttribute(fields, kEventAttributes, "exception.type", type);
  AppendStringAttribute(fields, kEventAttributes, "exception.message", message);
  AppendStringAttribute(fields, kEventAttributes, "exception.stacktrace", stack);
  return fields;
}

std::string MakeResource(Dice& dice, const std::string& service, std::uint32_t pod) {
  const std::uint32_t node = dice.Below(12);
  const std::uint64_t unique = dice.Next();
  const std::string pod_name =
      fmt::format("{}-{:08x}-{:05x}", service, unique >> 32, unique & 0xFFFFF);
  std::string out;
  const auto add = [&out](std::string_view key, std::string_view value) {
    AppendStringAttribute(out, kResourceAttributes, key, value);
  };
  add("service.name", service);
  add("service.namespace", "shop");
  add("service.version", fmt::format("2.{}.{}", service.size() % 7, unique % 5));
  add("service.instance.id", pod_name);
  add("deployment.environment.name", "production");
  add("cloud.provider", "aws");
  add("cloud.region", "eu-central-1");
  add("cloud.availability_zone", fmt::format("eu-central-1{}", "abc"[node % 3]));
  add("host.name", fmt::format("ip-10-0-{}-{}", node, pod));
  add("k8s.namespace.name", "shop");
  add("k8s.deployment.name", service);
  add("k8s.pod.name", pod_name);
  add("k8s.node.name", fmt::format("node-{:02}", node));
  add("telemetry.sdk.name", "opentelemetry");
  add("telemetry.sdk.language", "java");
  add("telemetry.sdk.version", "1.49.0");
  AppendIntAttribute(out, kResourceAttributes, "process.pid", 1 + unique % 30000);
  return out;
}

/// Adds attributes and counts them.
struct Constants {
  Operation& operation;
  void Text(std::string_view key, std::string_view value) {
    AppendStringAttribute(operation.constant_fields, kSpanAttributes, key, value);
    ++operation.constant_attribute_count;
  }
  void Int(std::string_view key, std::uint64_t value) {
    AppendIntAttribute(operation.constant_fields, kSpanAttributes, key, value);
    ++operation.constant_attribute_count;
  }
};

void AddHttpConstants(Dice& dice, Constants& constants, std::string_view method,
                      std::string_view noun) {
  Operation& operation = constants.operation;
  const bool is_server = operation.role == Role::kServer;
  operation.path_prefix = fmt::format("/api/v{}/{}s/", 1 + dice.Below(3), noun);
  operation.path_count = dice.Chance(500) ? 100'000 : 1'000;
  constants.Text("http.request.method", method);
  constants.Text("http.route", operation.path_prefix + "{id}");
  constants.Int("http.response.status_code", method == "POST" ? 201 : 200);
  constants.Text("url.scheme", is_server ? "http" : "https");
  constants.Text("server.address", fmt::format("{}.shop.svc.cluster.local", noun));
  constants.Int("server.port", is_server ? 8080 : 443);
  constants.Text("network.protocol.version", is_server ? "1.1" : "2");
}

void AddDatabaseConstants(Dice& dice, Constants& constants, std::string_view noun) {
  constants.operation.path_prefix = fmt::format("{}:", noun);
  constants.operation.path_count = 20'000;
  constants.Text("db.system.name", dice.Chance(700) ? "postgresql" : "redis");
  constants.Text("db.namespace", "shop");
  constants.Text("db.collection.name", fmt::format("{}s", noun));
  constants.Text("db.operation.name", dice.Chance(700) ? "SELECT" : "UPDATE");
  constants.Text("server.address", fmt::format("{}-db.shop.svc.cluster.local", noun));
  constants.Int("server.port", 5432);
}

Operation MakeOperation(Dice& dice, std::uint32_t service, Role role) {
  static constexpr std::array<std::uint64_t, 4> kKinds = {2, 3, 3, 1};
  Operation operation;
  operation.role = role;
  operation.service = service;
  const std::string_view noun = Pick(dice, kNouns);
  const std::string_view verb = Pick(dice, kVerbs);
  const std::string_view method = Pick(dice, kMethods);
  switch (role) {
    case Role::kServer:
    case Role::kClient:
      operation.name = fmt::format("{} /{}s/{{id}}/{}", method, noun, verb);
      operation.duration_ms = role == Role::kServer ? 40 : 15;
      break;
    case Role::kDatabase:
      operation.name = fmt::format("SELECT shop.{}s {}", noun, verb);
      operation.duration_ms = 3;
      break;
    case Role::kInternal:
      operation.name = fmt::format("{}Service.{}", noun, verb);
      operation.duration_ms = 6;
      break;
  }
  AppendText(operation.constant_fields, 5, operation.name);
  AppendNumber(operation.constant_fields, 6, kKinds[static_cast<std::size_t>(role)]);
  Constants constants{operation};
  constants.Text("code.function.name", fmt::format("com.example.{}.{}Handler.handle", noun, verb));
  constants.Text("code.file.path", fmt::format("{}Handler.java", verb));
  constants.Int("code.line.number", 20 + dice.Below(700));
  constants.Text("app.component", fmt::format("{}-core", noun));
  if (role == Role::kDatabase) {
    AddDatabaseConstants(dice, constants, noun);
  } else {
    AddHttpConstants(dice, constants, method, noun);
  }
  const std::uint32_t exception_count = 1 + dice.Below(4);
  for (std::uint32_t i = 0; i < exception_count; ++i) {
    operation.exceptions.push_back(MakeException(dice, noun));
  }
  return operation;
}

std::vector<std::string> TextPool(std::string_view key, std::size_t count,
                                  const auto& value_of_index) {
  std::vector<std::string> pool(count);
  for (std::size_t i = 0; i < count; ++i) {
    AppendStringAttribute(pool[i], kSpanAttributes, key, value_of_index(i));
  }
  return pool;
}

ValuePools MakePools(Dice& dice) {
  ValuePools pools;
  pools.user_agents = TextPool("user_agent.original", 40, [](std::size_t i) {
    return fmt::format("Mozilla/5.0 (X11; Linux x86_64) Chrome/{}.0.{} Safari/537.36", 100 + i % 20,
                       i * 37);
  });
  pools.customer_tiers = TextPool("customer.tier", 4, [](std::size_t i) {
    return std::array<std::string, 4>{"free", "bronze", "gold", "platinum"}[i];
  });
  pools.feature_flags = TextPool("feature_flag.key", 12, [](std::size_t i) {
    return fmt::format("checkout-experiment-{}", i);
  });
  pools.tenants =
      TextPool("tenant.id", 300, [](std::size_t i) { return fmt::format("tenant-{:04}", i); });
  pools.statements = TextPool("db.query.text", 40, [&dice](std::size_t i) {
    return fmt::format("SELECT id, state, total, updated_at FROM {}s WHERE id = $1 LIMIT {}",
                       Pick(dice, kNouns), 10 + i);
  });
  for (std::uint32_t i = 0; i < 16; ++i) {
    std::string& thread = pools.threads.emplace_back();
    AppendStringAttribute(thread, kSpanAttributes, "thread.name", fmt::format("worker-{}", i));
    AppendIntAttribute(thread, kSpanAttributes, "thread.id", 30 + i);
  }
  for (std::uint64_t i = 0; i < 4; ++i) {
    AppendIntAttribute(pools.retries.emplace_back(), kSpanAttributes, "app.retry.count", i);
  }
  for (const bool hit : {true, false}) {
    AppendBoolAttribute(pools.cache_hits.emplace_back(), kSpanAttributes, "app.cache.hit", hit);
  }
  return pools;
}

/// Adds operations of `role` and gives the index of the first.
std::uint32_t AddOperations(Dice& dice, Catalogue& catalogue, std::uint32_t service, Role role,
                            std::uint32_t count) {
  const auto first = static_cast<std::uint32_t>(catalogue.operations.size());
  for (std::uint32_t i = 0; i < count; ++i) {
    catalogue.operations.push_back(MakeOperation(dice, service, role));
  }
  return first;
}

/// A server operation calls a database, its own code, and a client call, which reaches one server
/// operation of a service further down.
void ConnectOperations(Dice& dice, Catalogue& catalogue) {
  const std::size_t service_count = catalogue.services.size();
  for (std::uint32_t index = 0; index < service_count; ++index) {
    const std::vector<std::uint32_t>& servers = catalogue.services[index].server_operations;
    const std::uint32_t extra_count = 2 + static_cast<std::uint32_t>(servers.size()) / 3;
    const std::uint32_t database =
        AddOperations(dice, catalogue, index, Role::kDatabase, extra_count);
    const std::uint32_t internal =
        AddOperations(dice, catalogue, index, Role::kInternal, extra_count);
    const std::uint32_t client = AddOperations(dice, catalogue, index, Role::kClient, extra_count);
    for (std::uint32_t i = 0; i < extra_count; ++i) {
      const std::size_t target = (index + 1 + dice.Below(6)) % service_count;
      const auto& targets = catalogue.services[target].server_operations;
      catalogue.operations[client + i].callees = {targets[dice.Below(targets.size())]};
      catalogue.operations[internal + i].callees = {database + i, client + i};
    }
    for (const std::uint32_t server : servers) {
      const std::uint32_t i = dice.Below(extra_count);
      catalogue.operations[server].callees = {client + i, database + dice.Below(extra_count),
                                              internal + i, client + dice.Below(extra_count)};
    }
  }
}

}  // namespace

Catalogue MakeCatalogue(std::uint64_t seed, std::size_t service_count) {
  Dice dice(Dice::Mix(seed) ^ 0xCA7A);
  Catalogue catalogue;
  catalogue.pools = MakePools(dice);
  for (std::uint32_t index = 0; index < service_count; ++index) {
    Service& service = catalogue.services.emplace_back();
    service.name = fmt::format("{}-{:02}", kNouns[index % kNouns.size()], index);
    AppendText(service.scope, 1, "io.opentelemetry.spring-webmvc-6.0");
    AppendText(service.scope, 2, "2.14.0-alpha");
    const std::uint32_t pod_count = 3 + dice.Below(5);
    for (std::uint32_t pod = 0; pod < pod_count; ++pod) {
      service.resources.push_back(MakeResource(dice, service.name, pod));
    }
    const std::uint32_t count = 3 + dice.Below(18);
    const std::uint32_t first = AddOperations(dice, catalogue, index, Role::kServer, count);
    for (std::uint32_t i = 0; i < count; ++i) {
      service.server_operations.push_back(first + i);
    }
  }
  ConnectOperations(dice, catalogue);
  return catalogue;
}

}  // namespace clew::workload

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "workload/dice.h"

namespace clew::workload {

/// What a span of an operation is about; decides its attributes.
enum class Role : std::uint8_t { kServer, kClient, kDatabase, kInternal };

/// An operation of a service, with everything that never changes already encoded.
struct Operation {
  std::string name;
  Role role = Role::kServer;
  std::uint32_t service = 0;
  /// Encoded Span fields: name, kind and the attributes that are constant for the operation.
  std::string constant_fields;
  std::uint32_t constant_attribute_count = 0;
  /// The beginning of url.path; ids follow.
  std::string path_prefix;
  /// How many different resources of the path there are.
  std::uint32_t path_count = 1;
  double duration_ms = 1;
  /// Encoded exception attributes (type, message, stack trace) that this operation throws.
  std::vector<std::string> exceptions;
  /// Operations that a span of this one may have as children.
  std::vector<std::uint32_t> callees;
};

/// A service and its running instances.
struct Service {
  std::string name;
  /// One encoded Resource message a pod.
  std::vector<std::string> resources;
  /// Encoded InstrumentationScope.
  std::string scope;
  std::vector<std::uint32_t> server_operations;
};

/// Values with few alternatives, each already encoded as a span attribute.
struct ValuePools {
  std::vector<std::string> user_agents;
  std::vector<std::string> customer_tiers;
  std::vector<std::string> feature_flags;
  std::vector<std::string> threads;  // thread.name and thread.id together
  std::vector<std::string> tenants;
  std::vector<std::string> retries;
  std::vector<std::string> cache_hits;
  std::vector<std::string> statements;
};

/// A made-up company: services, who calls whom, and which values occur. Equal for equal seeds.
struct Catalogue {
  std::vector<Service> services;
  std::vector<Operation> operations;
  ValuePools pools;
};

Catalogue MakeCatalogue(std::uint64_t seed, std::size_t service_count);

}  // namespace clew::workload

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/vocabulary.h"
#include "workload/generator.h"

namespace clew::app::bench {

struct LoadOptions {
  /// host:port of an OTLP/gRPC receiver.
  std::string endpoint;
  std::uint64_t span_count = 0;
  /// After this time the rest is not sent; 0: everything is sent, however long it takes.
  Nanos time_max{0};
  /// 0: as fast as it is taken.
  double spans_per_second = 0;
  std::size_t sender_count = 4;
  std::uint64_t seed = 1;
  /// When the first span started.
  UnixNanos start = 0;
};

/// What one sender made; its traces can be made again by a generator with these options.
struct SenderFacts {
  workload::GeneratorOptions generator;
  workload::WorkloadFacts facts;
};

struct LoadResult {
  std::uint64_t span_count = 0;
  std::uint64_t request_bytes = 0;
  std::uint64_t retry_count = 0;
  double seconds = 0;
  /// How long a request took until it was acknowledged.
  std::vector<double> ack_millis;
  std::vector<SenderFacts> senders;
};

/// Makes spans and sends them until all are acknowledged; each sender has its own generator and
/// one request under way. Retries what the server asks to be retried.
Result<LoadResult> SendLoad(const LoadOptions& options);

/// The generator options of sender `index`.
workload::GeneratorOptions SenderGenerator(const LoadOptions& options, std::size_t index);

}  // namespace clew::app::bench

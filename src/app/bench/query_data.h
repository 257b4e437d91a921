#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/bench/benches.h"
#include "app/bench/load.h"
#include "app/bench/server_process.h"
#include "base/vocabulary.h"

namespace clew::app::bench {

/// A server over stored spans, and what is known of them.
struct QueryData {
  /// Starts a server over what `directory` holds; for when the one before has ended.
  Result<std::unique_ptr<ServerProcess>> StartServer() const;

  std::string directory;
  std::unique_ptr<ServerProcess> server;
  std::uint64_t span_count = 0;
  UnixNanos start = 0;
  UnixNanos end = 0;
  /// One a sender, with the number of traces that each made.
  std::vector<workload::GeneratorOptions> generators;
  std::vector<std::uint64_t> trace_counts;
};

/// Starts a server over spans in blocks in options.data_directory (build/bench-data when empty).
/// With options.span_count: over exactly so many, which are sent to it first when the folder holds
/// others. Without: over what the folder holds, or over as many as can be sent within kSendTimeMax.
Result<QueryData> OpenQueryData(const BenchOptions& options);

/// Of which seed the spans are that OpenQueryData has put into the folder; nothing when it has not.
std::optional<std::uint64_t> SeedOfQueryData(const std::string& directory);

}  // namespace clew::app::bench

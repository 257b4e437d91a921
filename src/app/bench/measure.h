#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "app/bench/report.h"
#include "app/bench/server_process.h"
#include "base/vocabulary.h"
#include "net/http_client.h"
#include "workload/dice.h"

namespace clew::app::bench {

/// How often something is asked, the first times uncounted.
struct Rounds {
  std::size_t warm_up_count = 20;
  std::size_t count = 300;
  /// Ends early after this time, when one was counted; 0: never.
  Nanos time_max{0};
};

/// Milliseconds of each counted call of `run`, which gets the number of the call from 0.
Result<std::vector<double>> Measure(const Rounds& rounds,
                                    const std::function<Status(std::size_t index)>& run);

/// CPU time of this process, in finer steps than what /proc tells: what is measured takes some ms.
double OwnCpuSeconds();

/// Adds <name>_ms_p50 and <name>_ms_p95.
void AddPercentiles(Report& report, std::string_view name, const std::vector<double>& millis);

/// For answers of up to 64 MiB.
Result<std::unique_ptr<net::HttpClient>> MakeHttp();
/// Where Jaeger's API shows the trace.
std::string TraceUrl(const ServerProcess& server, const TraceId& id);
/// An id that no generator makes.
TraceId RandomId(workload::Dice& dice);

}  // namespace clew::app::bench

#include "app/bench/measure.h"

#include <sys/resource.h>

#include <chrono>

namespace clew::app::bench {

Result<std::vector<double>> Measure(const Rounds& rounds,
                                    const std::function<Status(std::size_t index)>& run) {
  const auto begun = base::SystemTime().Time();
  std::vector<double> millis;
  for (std::size_t i = 0; i < rounds.warm_up_count + rounds.count; ++i) {
    const auto begin = base::SystemTime().Time();
    TRY(run(i));
    const auto end = base::SystemTime().Time();
    if (i >= rounds.warm_up_count) {
      millis.push_back(std::chrono::duration<double, std::milli>(end - begin).count());
    }
    if (rounds.time_max > Nanos(0) && end - begun >= rounds.time_max && !millis.empty()) break;
  }
  return millis;
}

double OwnCpuSeconds() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

void AddPercentiles(Report& report, std::string_view name, const std::vector<double>& millis) {
  report.Add(fmt::format("{}_ms_p50", name), Percentile(millis, 0.5));
  report.Add(fmt::format("{}_ms_p95", name), Percentile(millis, 0.95));
}

Result<std::unique_ptr<net::HttpClient>> MakeHttp() {
  net::HttpClientOptions options;
  options.response_bytes_max = 64u << 20;
  return net::HttpClient::Create(options);
}

std::string TraceUrl(const ServerProcess& server, const TraceId& id) {
  return fmt::format("http://127.0.0.1:{}/api/v3/traces/{}", server.ports().jaeger, id.ToHex());
}

TraceId RandomId(workload::Dice& dice) {
  TraceId id;
  for (std::uint8_t& byte : id.bytes) byte = static_cast<std::uint8_t>(1 + dice.Below(255));
  return id;
}

}  // namespace clew::app::bench

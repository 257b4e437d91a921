#pragma once

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace prometheus {
class Registry;
}

namespace clew::base {

using Labels = std::map<std::string, std::string>;

/// What one metric is, for the reference in docs/ and for tests.
struct MetricInfo {
  std::string name;
  std::string type;  // "counter", "gauge" or "histogram"
  std::string help;
};

/// All metrics of the process. Passed by reference to whoever counts; no global.
/// Counters and gauges live as long as the registry. One name has one type: a second one ends the
/// process, since it is a bug. Any thread.
class Metrics {
 public:
  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  /// The same name and labels give the same counter.
  prometheus::Counter& Counter(const std::string& name, const std::string& help,
                               const Labels& labels = {});
  prometheus::Gauge& Gauge(const std::string& name, const std::string& help,
                           const Labels& labels = {});
  /// `buckets` are upper bounds in the metric's unit.
  prometheus::Histogram& Histogram(const std::string& name, const std::string& help,
                                   const Labels& labels, const std::vector<double>& buckets);

  /// `update` runs before each exposition, to set gauges from state. Returns a handle that ends the
  /// registration when it is destroyed; after that `update` no longer runs. `update` may register
  /// metrics; it must not take a lock that is held while the handle is destroyed.
  std::shared_ptr<void> OnCollect(std::function<void()> update);

  /// The Prometheus text format.
  std::string Expose();
  /// Sum of all series of `name` (of a histogram: how many observations), 0 when there is none; for
  /// `clew status` and tests.
  double Sum(const std::string& name);
  /// Every metric registered so far, by name.
  std::vector<MetricInfo> List() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace clew::base

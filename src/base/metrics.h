#pragma once

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
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

  /// The same metrics for one of several that count alike: what is registered through it has
  /// `labels` besides, which tell it from the others. May outlive this.
  Metrics With(Labels labels) const;
  /// Sets the gauges that were registered through this, and not through With of it, to 0: they live
  /// on when what they show is no more.
  void ZeroGauges();

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
  Metrics(std::shared_ptr<State> state, Labels labels);
  Labels Joined(Labels labels) const;

  const std::shared_ptr<State> state_;
  const Labels labels_;
  std::mutex gauges_mutex_;
  std::set<prometheus::Gauge*> gauges_;
};

}  // namespace clew::base

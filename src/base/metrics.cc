#include "base/metrics.h"

#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <mutex>
#include <sstream>
#include <utility>

#include "base/logging.h"

namespace clew::base {
namespace {

// Lives on in the handles, so that one may be destroyed after the metrics.
struct Callbacks {
  std::mutex mutex;
  std::uint64_t next_id = 0;
  std::map<std::uint64_t, std::function<void()>> updates;

  void Run() {
    const std::scoped_lock lock(mutex);
    for (const auto& [id, update] : updates) update();
  }
};

double ValueOf(prometheus::MetricType type, const prometheus::ClientMetric& metric) {
  switch (type) {
    case prometheus::MetricType::Counter:
      return metric.counter.value;
    case prometheus::MetricType::Gauge:
      return metric.gauge.value;
    case prometheus::MetricType::Histogram:
      return static_cast<double>(metric.histogram.sample_count);
    default:
      return 0;
  }
}

}  // namespace

struct Metrics::State {
  struct Family {
    MetricInfo info;
    const prometheus::Collectable* collectable = nullptr;
  };

  prometheus::Registry registry;
  mutable std::mutex mutex;
  std::map<std::string, Family> families;
  const std::shared_ptr<Callbacks> callbacks = std::make_shared<Callbacks>();

  // Gives the family `name`, made on first use.
  template <typename Metric, typename Builder>
  prometheus::Family<Metric>& FamilyOf(const std::string& name, const std::string& help,
                                       const std::string& type, Builder builder) {
    const std::scoped_lock lock(mutex);
    const auto found = families.find(name);
    if (found == families.end()) {
      prometheus::Family<Metric>& family = builder.Name(name).Help(help).Register(registry);
      families.emplace(name, Family{{name, type, help}, &family});
      return family;
    }
    if (found->second.info.type != type) {
      Log(LogLevel::kError, "metric is registered with two types, which is a bug",
          {{"metric", name}, {"first", found->second.info.type}, {"second", type}});
      FlushLog(std::chrono::milliseconds(100));
      std::abort();
    }
    return builder.Name(name).Help(found->second.info.help).Register(registry);
  }
};

Metrics::Metrics() : state_(std::make_shared<State>()) {}
Metrics::Metrics(std::shared_ptr<State> state, Labels labels)
    : state_(std::move(state)), labels_(std::move(labels)) {}
Metrics::~Metrics() = default;

Metrics Metrics::With(Labels labels) const { return {state_, Joined(std::move(labels))}; }

Labels Metrics::Joined(Labels labels) const {
  labels.insert(labels_.begin(), labels_.end());
  return labels;
}

void Metrics::ZeroGauges() {
  const std::scoped_lock lock(gauges_mutex_);
  for (prometheus::Gauge* gauge : gauges_) gauge->Set(0);
}

prometheus::Counter& Metrics::Counter(const std::string& name, const std::string& help,
                                      const Labels& labels) {
  return state_->FamilyOf<prometheus::Counter>(name, help, "counter", prometheus::BuildCounter())
      .Add(Joined(labels));
}

prometheus::Gauge& Metrics::Gauge(const std::string& name, const std::string& help,
                                  const Labels& labels) {
  prometheus::Gauge& gauge =
      state_->FamilyOf<prometheus::Gauge>(name, help, "gauge", prometheus::BuildGauge())
          .Add(Joined(labels));
  const std::scoped_lock lock(gauges_mutex_);
  gauges_.insert(&gauge);
  return gauge;
}

prometheus::Histogram& Metrics::Histogram(const std::string& name, const std::string& help,
                                          const Labels& labels,
                                          const std::vector<double>& buckets) {
  return state_
      ->FamilyOf<prometheus::Histogram>(name, help, "histogram", prometheus::BuildHistogram())
      .Add(Joined(labels), buckets);
}

std::shared_ptr<void> Metrics::OnCollect(std::function<void()> update) {
  const std::shared_ptr<Callbacks> callbacks = state_->callbacks;
  const std::scoped_lock lock(callbacks->mutex);
  const std::uint64_t id = callbacks->next_id++;
  callbacks->updates.emplace(id, std::move(update));
  // Not null: owners tell by it whether they are registered.
  return std::shared_ptr<void>(callbacks.get(), [callbacks, id](void*) {
    const std::scoped_lock ending(callbacks->mutex);
    callbacks->updates.erase(id);
  });
}

std::string Metrics::Expose() {
  state_->callbacks->Run();
  std::vector<prometheus::MetricFamily> families = state_->registry.Collect();
  std::ranges::sort(families, {}, &prometheus::MetricFamily::name);
  std::ostringstream out;
  prometheus::TextSerializer().Serialize(out, families);
  return std::move(out).str();
}

double Metrics::Sum(const std::string& name) {
  state_->callbacks->Run();
  const prometheus::Collectable* collectable = nullptr;
  {
    const std::scoped_lock lock(state_->mutex);
    const auto found = state_->families.find(name);
    if (found == state_->families.end()) return 0;
    collectable = found->second.collectable;
  }
  double sum = 0;
  for (const prometheus::MetricFamily& family : collectable->Collect()) {
    for (const prometheus::ClientMetric& metric : family.metric) {
      sum += ValueOf(family.type, metric);
    }
  }
  return sum;
}

std::vector<MetricInfo> Metrics::List() const {
  const std::scoped_lock lock(state_->mutex);
  std::vector<MetricInfo> infos;
  infos.reserve(state_->families.size());
  for (const auto& [name, family] : state_->families) infos.push_back(family.info);
  return infos;
}

}  // namespace clew::base

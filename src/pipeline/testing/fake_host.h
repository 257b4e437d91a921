#pragma once

#include <map>
#include <mutex>
#include <stop_token>
#include <string>
#include <vector>

#include "net/loops.h"
#include "pipeline/component.h"

namespace clew::pipeline::testing {

/// A host for component tests: a clock that stands still (at first), seeded random numbers, own
/// metrics, two worker threads, and the extensions a test puts in.
class FakeHost final : public Host {
 public:
  /// 2026-01-01T00:00:00Z.
  static constexpr UnixNanos kStart = 1'767'225'600'000'000'000;

  const Clock& clock() const override { return *time; }
  base::Random& random() override { return random_; }
  base::Metrics& metrics() override { return metrics_; }
  base::MemoryBudget& memory() override { return memory_; }
  base::WorkerPool& workers() override { return workers_; }
  net::Loops& loops() override { return loops_; }
  std::shared_ptr<Extension> FindExtension(std::string_view id) override;
  Status CheckReady() const override { return readiness; }
  std::stop_token ending() const override { return ending_source.get_token(); }
  void ReportFatalError(const Error& error) override;

  std::vector<Error> fatal_errors() const;

  base::ManualClock manual_clock{kStart};
  /// Or that of the machine, for tests in which servers or stops wait.
  const Clock* time = &manual_clock;
  std::stop_source ending_source;
  /// What CheckReady answers.
  Status readiness;
  /// Not owned.
  std::map<std::string, Extension*, std::less<>> extensions;

 private:
  base::SeededRandom random_{1};
  base::Metrics metrics_;
  base::MemoryBudget memory_{1u << 30, metrics_};
  mutable std::mutex mutex_;
  std::vector<Error> fatal_errors_;
  net::Loops loops_;
  base::WorkerPool workers_{"fake-host", 2, 64};
};

}  // namespace clew::pipeline::testing

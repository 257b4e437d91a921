#include "pipeline/follower/gone_followers.h"

#include <algorithm>
#include <cstdint>
#include <string>

#include "base/logging.h"

namespace clew::pipeline {
namespace {

/// False, and told, when the log cannot.
bool Forget(log::Log& log, const std::string& consumer) {
  const Status status = log.Forget(consumer);
  if (status) return true;
  base::Log(
      base::LogLevel::kWarn,
      "An exporter that is gone from its pipeline, or whose pipeline is gone, cannot be taken "
      "out of the log, which keeps what it had not got. The next start or reload tries again.",
      {{"consumer", consumer}, {"error", status.error().message}});
  return false;
}

void ForgetGone(log::Log& log, const std::string& consumer, prometheus::Counter& forgotten_bytes) {
  const std::uint64_t done = log.Committed(consumer).offset;
  const std::uint64_t bytes = std::max(log.end().offset, done) - done;
  const bool is_behind = bytes > log::kBytesBetweenRecordsMax;
  if (!Forget(log, consumer)) return;
  forgotten_bytes.Increment(is_behind ? static_cast<double>(bytes) : 0);
  base::Log(is_behind ? base::LogLevel::kWarn : base::LogLevel::kInfo,
            is_behind ? "Forgot how far an exporter that is gone from its pipeline, or whose "
                        "pipeline is gone, had read the log. It does not get what lies behind that."
                      : "Forgot an exporter that is gone from its pipeline, or whose pipeline is "
                        "gone; it had got everything.",
            {{"consumer", consumer}, {"bytes", std::to_string(is_behind ? bytes : 0)}});
}

}  // namespace

void ForgetGoneFollowers(log::Log& log, const std::vector<PipelineWay>& ways,
                         base::Metrics& metrics) {
  prometheus::Counter& forgotten_bytes = metrics.Counter(
      "clew_follower_forgotten_bytes_total",
      "Bytes of the log that exporters had not got when they or their pipelines left the "
      "configuration; with those of other pipelines that lie between.");
  for (const std::string& consumer : log.Consumers()) {
    const bool is_gone = IsFollower(consumer) && std::ranges::none_of(ways, [&](const auto& way) {
                           return FollowerName(way) == consumer;
                         });
    if (!is_gone) continue;
    const bool is_replaced = std::ranges::any_of(
        ways, [&](const PipelineWay& way) { return FormerFollowerName(way.pipeline) == consumer; });
    if (!is_replaced) {
      ForgetGone(log, consumer, forgotten_bytes);
    } else if (Forget(log, consumer)) {
      base::Log(base::LogLevel::kInfo,
                "Each exporter of a pipeline has its own place in the log now, and has begun at "
                "the one that they had together.",
                {{"consumer", consumer}});
    }
  }
}

}  // namespace clew::pipeline

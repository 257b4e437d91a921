#include "log/append_limits.h"

#include <fmt/core.h>

#include <chrono>
#include <utility>

#include "log/segment_format.h"

namespace clew::log {
namespace {

constexpr std::chrono::seconds kRetryAfter{1};
// A write that takes longer is no matter of a busy disk; senders wait no longer, either.
constexpr std::chrono::seconds kStuckAfter{10};

AppendLimits::Refusal Invalid(std::unexpected<Error> error) {
  return {"invalid", std::move(error).error()};
}

}  // namespace

AppendLimits::AppendLimits(const Options& options, base::Metrics& metrics)
    : options_(options), metrics_(metrics) {
  // So that they are there, and zero, before anything is refused.
  for (const char* reason :
       {"invalid", "size_limit", "disk_full", "disk_error", "disk_stuck", "closed"}) {
    RefusedRecords(reason);
  }
}

std::optional<AppendLimits::Refusal> AppendLimits::RefusalOf(const Record& record) const {
  if (record.body.size() > options_.record_bytes_max) {
    return Invalid(base::InvalidArgument("log record of {} bytes is over the limit of {} bytes",
                                         record.body.size(), options_.record_bytes_max));
  }
  // Beside the newest segment, which stays: a quarter of the log and one record. Else it would be
  // refused for ever and the sender told to try again.
  const std::uint64_t share = options_.bytes_max / 8 * 3;
  if (record.body.size() > share) {
    return Invalid(base::InvalidArgument(
        "log record of {} bytes is over {} bytes, three eighths of the log: send smaller requests, "
        "or raise log::limit_mib of clew_storage",
        record.body.size(), share));
  }
  if (record.pipeline.size() > kPipelineBytesMax) {
    return Invalid(base::InvalidArgument("pipeline name of {} bytes is over the limit of {} bytes",
                                         record.pipeline.size(), kPipelineBytesMax));
  }
  return std::nullopt;
}

std::optional<AppendLimits::Refusal> AppendLimits::RefusalUnder(const Load& load,
                                                                std::uint64_t bytes) const {
  if (load.is_closed)
    return Refusal{"closed", {Code::kUnavailable, "the log is closed", kRetryAfter}};
  if (load.disk_bytes + load.queued_bytes + bytes > options_.bytes_max) {
    return Refusal{
        "size_limit",
        {Code::kResourceExhausted,
         fmt::format("the log holds {} of at most {} bytes: its consumers do not keep up; see what "
                     "keeps them (clew_log_consumer_lag_bytes), or raise log::limit_mib of "
                     "clew_storage",
                     load.disk_bytes, options_.bytes_max),
         kRetryAfter}};
  }
  // Who sent what waits has given up, and sends it again: it would be there several times.
  if (load.write_time >= kStuckAfter) {
    return Refusal{"disk_stuck",
                   {Code::kUnavailable,
                    fmt::format("the disk of the log has not come to an end with a write for {} s",
                                std::chrono::seconds(kStuckAfter).count()),
                    kRetryAfter}};
  }
  return std::nullopt;
}

std::unexpected<Error> AppendLimits::Refuse(Refusal refusal) const {
  RefusedRecords(refusal.reason).Increment();
  return std::unexpected(std::move(refusal.error));
}

void AppendLimits::CountFailed(const Error& error) const {
  const bool is_full = error.code == Code::kResourceExhausted;
  RefusedRecords(is_full ? "disk_full" : "disk_error").Increment();
}

prometheus::Counter& AppendLimits::RefusedRecords(const std::string& reason) const {
  return metrics_.Counter("clew_log_refused_records_total",
                          "Records that were not appended, by reason.", {{"reason", reason}});
}

}  // namespace clew::log

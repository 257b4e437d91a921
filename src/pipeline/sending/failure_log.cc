#include "pipeline/sending/failure_log.h"

#include <fmt/core.h>

#include <chrono>
#include <utility>

#include "base/duration.h"
#include "base/logging.h"
#include "pipeline/item_counter.h"

namespace clew::pipeline::sending {
namespace {

constexpr std::chrono::minutes kPause{1};

}  // namespace

FailureLog::FailureLog(std::string id, model::Signal signal, const Clock& clock)
    : id_(std::move(id)),
      signal_(signal),
      clock_(clock),
      retry_pause_(kPause),
      dropped_{.pause = base::LogPause(kPause)},
      kept_{.pause = base::LogPause(kPause)} {}

void FailureLog::AddRetry(const Error& error, Nanos interval) {
  const std::uint64_t count = ++retry_count_;
  const bool may_log = retry_pause_.MayLog(clock_.Monotonic());
  if (may_log) is_told_ = true;
  base::Log(may_log ? base::LogLevel::kWarn : base::LogLevel::kDebug,
            "Exporting failed. Will retry the request after interval.",
            {{"otelcol.component.id", id_},
             {"error", error.message},
             {"interval", base::FormatDuration(interval)},
             {"failures", std::to_string(count)}});
}

void FailureLog::AddSuccess() {
  // Read first: all who send come here.
  if (!is_told_ || !is_told_.exchange(false)) return;
  base::Log(
      base::LogLevel::kInfo, "Exporting works again.",
      {{"otelcol.component.id", id_}, {"failures", std::to_string(retry_count_.exchange(0))}});
}

void FailureLog::AddGivenUp(Outcome outcome, const Error& error, std::uint64_t item_count) {
  Untold told;
  {
    const std::scoped_lock lock(mutex_);
    GivenUp& given_up = outcome == Outcome::kDropped ? dropped_ : kept_;
    ++given_up.untold.request_count;
    given_up.untold.item_count += item_count;
    given_up.untold.last_error = error;
    if (!given_up.pause.MayLog(clock_.Monotonic())) return;
    told = std::exchange(given_up.untold, {});
  }
  LogGivenUp(outcome, told);
}

void FailureLog::Finish() {
  Untold dropped;
  Untold kept;
  {
    const std::scoped_lock lock(mutex_);
    dropped = std::exchange(dropped_.untold, {});
    kept = std::exchange(kept_.untold, {});
  }
  if (dropped.request_count > 0) LogGivenUp(Outcome::kDropped, dropped);
  if (kept.request_count > 0) LogGivenUp(Outcome::kKeptByLog, kept);
}

void FailureLog::LogGivenUp(Outcome outcome, const Untold& untold) const {
  const bool is_dropped = outcome == Outcome::kDropped;
  base::Log(is_dropped ? base::LogLevel::kError : base::LogLevel::kInfo,
            is_dropped ? "Exporting failed. Dropping data."
                       : "Exporting failed. The data stays in the log.",
            {{"otelcol.component.id", id_},
             {"error", untold.last_error.message},
             {"code", base::CodeName(untold.last_error.code)},
             {"requests", std::to_string(untold.request_count)},
             {is_dropped ? "dropped_items" : ItemsMetricName(signal_),
              std::to_string(untold.item_count)}});
}

}  // namespace clew::pipeline::sending

#include "pipeline/follower/patient_consumer.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/duration.h"
#include "base/logging.h"

namespace clew::pipeline {
namespace {

constexpr Nanos kBackoffMin = std::chrono::milliseconds(100);
constexpr Nanos kBackoffMax = std::chrono::seconds(5);

}  // namespace

void StopSignal::Stop() {
  const std::scoped_lock lock(mutex_);
  is_stopped_ = true;
  wake_.notify_all();
}

bool StopSignal::is_stopped() const {
  const std::scoped_lock lock(mutex_);
  return is_stopped_;
}

bool StopSignal::WaitFor(const Clock& clock, Nanos delay) {
  const Nanos until = clock.Monotonic() + delay;
  std::unique_lock lock(mutex_);
  while (!is_stopped_ && clock.Monotonic() < until) clock.Wait(lock, wake_, until);
  return !is_stopped_;
}

PatientConsumer::PatientConsumer(std::string name, const PipelineWay& way, Consumer& next,
                                 StopSignal& stop, Host& host)
    : name_(std::move(name)),
      next_(next),
      stop_(stop),
      host_(host),
      retries_(host.metrics().Counter(
          "clew_follower_retries_total",
          "Number of times a batch from the log was offered again after a refusal.",
          LabelsOf(way))) {}

LaterReceipt PatientConsumer::Consume(const model::BatchPtr& batch, const Context& context) {
  if (context.delivery == nullptr) return next_.Consume(batch, context);
  Nanos backoff = kBackoffMin;
  bool is_told = false;
  while (true) {
    Result<Receipt> result = next_.Consume(batch, context).Wait();
    if (result || !result.error().is_retryable()) return result;
    const Nanos delay = DelayAfter(backoff, result.error());
    if (!std::exchange(is_told, true)) {
      base::Log(base::LogLevel::kInfo, "Data from the log was refused. Will retry until taken.",
                {{"consumer", name_},
                 {"error", result.error().message},
                 {"interval", base::FormatDuration(delay)}});
    }
    if (stop_.is_stopped() || !stop_.WaitFor(host_.clock(), delay)) {
      if (context.delivery) context.delivery->Abandon();
      return result;
    }
    retries_.Increment();
  }
}

Nanos PatientConsumer::DelayAfter(Nanos& backoff, const Error& error) {
  const double spread = 0.5 + host_.random().NextDouble();
  const auto varied =
      Nanos(static_cast<std::int64_t>(static_cast<double>(backoff.count()) * spread));
  backoff = std::min(backoff * 3 / 2, kBackoffMax);
  return std::max(varied, error.retry_after.value_or(Nanos(0)));
}

}  // namespace clew::pipeline

#include "app/send/sender.h"

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>
#include <vector>

#include "base/duration.h"
#include "base/thread_failure.h"
#include "wire/otlp/inspect.h"

namespace clew::app::send {
namespace {

constexpr Nanos kBackOffMax = std::chrono::seconds(5);

}  // namespace

Sender::Sender(OtlpClient& client, const SenderOptions& options, SendCounts& counts,
               Listener on_error, Listener on_waiting)
    : client_(client),
      options_(options),
      counts_(counts),
      on_error_(std::move(on_error)),
      on_waiting_(std::move(on_waiting)) {}

Status Sender::Run(const Source& source) {
  std::vector<std::thread> threads;
  const Status started = base::RefuseWithoutThreads([&]() -> Status {
    for (std::size_t i = 0; i < options_.in_flight_max; ++i) {
      threads.emplace_back([this, &source] { Work(source); });
    }
    return {};
  });
  if (!started.has_value()) {
    GiveUp(started.error());
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  if (fatal_.has_value()) {
    return std::unexpected(*fatal_);
  }
  return {};
}

void Sender::Cancel() { GiveUp({Code::kCancelled, "interrupted: the rest was not sent"}); }

void Sender::Work(const Source& source) {
  while (!is_stopped()) {
    std::unique_lock lock(source_mutex_);
    auto next = is_stopped() ? std::nullopt : source();
    lock.unlock();
    if (!next.has_value()) {
      GiveUp(std::move(next).error());
      return;
    }
    if (!next->has_value()) {
      return;
    }
    SendOne(std::move(**next));
  }
}

void Sender::SendOne(RawRequest raw) {
  const std::string where = raw.where;
  auto encoded = ToProtobuf(std::move(raw));
  if (!encoded.has_value()) {
    Refuse(encoded.error().message);
    return;
  }
  for (const std::string& note : encoded->notes) {
    const std::scoped_lock lock(mutex_);
    on_error_(fmt::format("{}: warning: {}", where, note));
  }
  const Bytes request(std::move(encoded->bytes));
  const auto facts = wire::otlp::InspectRequest(request.view());
  if (!facts.has_value()) {
    Refuse(fmt::format("{}: {}", where, facts.error().message));
    return;
  }
  auto answer = SendWithRetries(request);
  if (!answer.has_value()) {
    if (answer.error().code == Code::kUnauthenticated) counts_.is_unauthenticated = true;
    if (!is_stopped()) {
      Refuse(fmt::format("{}: {}", where, answer.error().message));
    }
    return;
  }
  const auto rejected =
      std::min(static_cast<std::uint64_t>(std::max<std::int64_t>(answer->rejected_items, 0)),
               facts->span_count);
  counts_.requests += 1;
  counts_.bytes += request.size();
  counts_.spans_accepted += facts->span_count - rejected;
  counts_.spans_rejected += rejected;
  if (rejected > 0 || !answer->error_message.empty()) {
    const std::scoped_lock lock(mutex_);
    on_error_(rejected == 0
                  ? fmt::format("{}: was taken with a warning: {}", where, answer->error_message)
                  : fmt::format("{}: {} of {} spans were rejected: {}", where, rejected,
                                facts->span_count, answer->error_message));
  }
}

Result<wire::otlp::PartialSuccess> Sender::SendWithRetries(const Bytes& request) {
  const Clock& clock = base::SystemTime();
  const Deadline give_up_at = clock.In(options_.retry_for);
  Nanos back_off = options_.back_off_first;
  while (true) {
    auto answer = client_.Send(request, clock.In(options_.timeout));
    if (answer.has_value() || !answer.error().is_retryable()) {
      return answer;
    }
    const Nanos wait = answer.error().retry_after.value_or(back_off);
    back_off = std::min(back_off * 2, kBackOffMax);
    std::unique_lock lock(mutex_);
    if (is_stopped() || wait > give_up_at - clock.Time()) {
      lock.unlock();
      GiveUp(std::move(answer.error())
                 .Annotate(fmt::format("{} took nothing for {}", client_.endpoint(),
                                       base::FormatDuration(options_.retry_for))));
      return answer;
    }
    counts_.retries += 1;
    // A server that asks to be asked later is there.
    if (!answer.error().retry_after.has_value() && !std::exchange(has_waited_, true)) {
      on_waiting_(answer.error().message);
    }
    stopped_.wait_for(lock, wait, [this] { return is_stopped(); });
  }
}

void Sender::Refuse(const std::string& message) {
  counts_.requests_failed += 1;
  const std::scoped_lock lock(mutex_);
  on_error_(message);
}

void Sender::GiveUp(Error error) {
  const std::scoped_lock lock(mutex_);
  if (!fatal_.has_value()) {
    fatal_ = std::move(error);
  }
  is_stopped_ = true;
  stopped_.notify_all();
}

}  // namespace clew::app::send

#include "app/bench/load.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "app/send/otlp_client.h"
#include "base/thread_failure.h"

namespace clew::app::bench {
namespace {

constexpr auto kAttemptTimeout = std::chrono::seconds(30);
constexpr Nanos kBackOff = std::chrono::milliseconds(20);
constexpr int kAttemptCountMax = 1'000;
/// As SDKs and collectors batch (performance.md section 6).
constexpr std::size_t kSpansPerRequest = 1'000;
/// The pace of span times when the load itself has none.
constexpr double kDefaultSpansPerSecond = 100'000;

class LoadSender {
 public:
  LoadSender(const LoadOptions& options, std::size_t index)
      : options_(options),
        generator_options_(SenderGenerator(options, index)),
        generator_(generator_options_),
        share_(options.span_count / options.sender_count) {}

  Status Run(Deadline begin) {
    ASSIGN_OR_RETURN(client_,
                     send::OtlpClient::Create({.endpoint = options_.endpoint, .headers = {}}));
    while (sent_ < share_ && !IsOver(begin)) {
      Pace(begin);
      TRY(SendOne(generator_.Next()));
    }
    while (auto request = generator_.Drain()) {
      TRY(SendOne(std::move(*request)));
    }
    return {};
  }

  void AddTo(LoadResult& result) {
    result.span_count += sent_;
    result.request_bytes += generator_.facts().request_bytes;
    result.retry_count += retry_count_;
    result.ack_millis.insert(result.ack_millis.end(), ack_millis_.begin(), ack_millis_.end());
    result.senders.push_back({generator_options_, generator_.facts()});
  }

 private:
  bool IsOver(Deadline begin) const {
    return options_.time_max > Nanos(0) && base::SystemTime().Time() - begin >= options_.time_max;
  }

  void Pace(Deadline begin) {
    if (options_.spans_per_second > 0) {
      const double rate = options_.spans_per_second / static_cast<double>(options_.sender_count);
      const std::chrono::duration<double> due(static_cast<double>(sent_) / rate);
      std::this_thread::sleep_until(begin + std::chrono::duration_cast<Nanos>(due));
    }
  }

  Status SendOne(workload::GeneratedRequest request) {
    const std::size_t span_count = request.span_count;
    const Bytes body(std::move(request.body));
    const auto begin = base::SystemTime().Time();
    std::string last_refusal;
    for (int attempt = 0; attempt < kAttemptCountMax; ++attempt) {
      const auto answer = client_->Send(body, base::SystemTime().Time() + kAttemptTimeout);
      if (answer.has_value()) {
        if (answer->rejected_items != 0) {
          return Internal("{} spans were rejected: {}", answer->rejected_items,
                          answer->error_message);
        }
        ack_millis_.push_back(
            std::chrono::duration<double, std::milli>(base::SystemTime().Time() - begin).count());
        sent_ += span_count;
        return {};
      }
      if (!answer.error().is_retryable()) {
        return std::unexpected(answer.error());
      }
      last_refusal = answer.error().message;
      ++retry_count_;
      std::this_thread::sleep_for(answer.error().retry_after.value_or(kBackOff));
    }
    return Unavailable("a request was refused {} times: {}", kAttemptCountMax, last_refusal);
  }

  const LoadOptions& options_;
  const workload::GeneratorOptions generator_options_;
  workload::Generator generator_;
  const std::uint64_t share_;
  std::unique_ptr<send::OtlpClient> client_;
  std::uint64_t sent_ = 0;
  std::uint64_t retry_count_ = 0;
  std::vector<double> ack_millis_;
};

}  // namespace

workload::GeneratorOptions SenderGenerator(const LoadOptions& options, std::size_t index) {
  const double rate =
      options.spans_per_second > 0 ? options.spans_per_second : kDefaultSpansPerSecond;
  return {.seed = options.seed * 1'000 + index,
          .start = options.start,
          .spans_per_second = rate / static_cast<double>(options.sender_count),
          .spans_per_request = kSpansPerRequest};
}

Result<LoadResult> SendLoad(const LoadOptions& options) {
  std::vector<std::unique_ptr<LoadSender>> senders;
  for (std::size_t i = 0; i < options.sender_count; ++i) {
    senders.push_back(std::make_unique<LoadSender>(options, i));
  }
  std::mutex mutex;
  std::optional<Error> error;
  TRY(base::CheckThreads(options.sender_count));
  std::vector<std::jthread> threads;
  const auto begin = base::SystemTime().Time();
  for (const auto& sender : senders) {
    threads.emplace_back([&, sender = sender.get()] {
      Status status = sender->Run(begin);
      const std::scoped_lock lock(mutex);
      if (!status.has_value() && !error.has_value()) {
        error = std::move(status).error();
      }
    });
  }
  for (std::jthread& thread : threads) {
    thread.join();
  }
  if (error.has_value()) {
    return std::unexpected(std::move(*error).Annotate("sending the load"));
  }
  LoadResult result;
  result.seconds = std::chrono::duration<double>(base::SystemTime().Time() - begin).count();
  for (const auto& sender : senders) {
    sender->AddTo(result);
  }
  return result;
}

}  // namespace clew::app::bench

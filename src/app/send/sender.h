#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "app/send/otlp_client.h"
#include "app/send/request_reader.h"
#include "base/vocabulary.h"

namespace clew::app::send {

struct SenderOptions {
  /// Requests under way at once.
  std::size_t in_flight_max = 4;
  /// Of one attempt.
  Nanos timeout{std::chrono::seconds(30)};
  /// How long one request is tried again before everything is given up.
  Nanos retry_for{std::chrono::minutes(1)};
  /// Before the second attempt; doubled for each further one. The server's own wish goes first.
  Nanos back_off_first{std::chrono::milliseconds(200)};
};

/// What became of what was read. Counts are read by the progress bar while they grow.
struct SendCounts {
  std::atomic<std::uint64_t> requests{0};
  std::atomic<std::uint64_t> bytes{0};
  std::atomic<std::uint64_t> spans_accepted{0};
  std::atomic<std::uint64_t> spans_rejected{0};
  /// Requests that could not be read, or that the server refused for good.
  std::atomic<std::uint64_t> requests_failed{0};
  std::atomic<std::uint64_t> retries{0};
  /// Whether the server refused one because it does not say whose it is.
  std::atomic<bool> is_unauthenticated{false};
};

/// Sends requests from a source, several at once, and tries again what the server asks to be tried
/// again.
class Sender {
 public:
  /// Gives the next request; called by one thread at a time.
  using Source = std::function<Result<std::optional<RawRequest>>()>;
  using Listener = std::function<void(const std::string& message)>;

  /// `client` and `counts` outlive the sender. `on_error` is told of each request that was not
  /// taken, or not without remark, and of notes on its spans, from any thread, one at a time;
  /// `on_waiting` once, when the first attempt finds nobody, since the next ones may take long.
  Sender(
      OtlpClient& client, const SenderOptions& options, SendCounts& counts, Listener on_error,
      Listener on_waiting = [](const std::string&) {});

  /// Returns when everything was sent. An error when it gave up: what follows in the source was not
  /// sent.
  Status Run(const Source& source);
  /// Makes Run return soon. Any thread.
  void Cancel();

 private:
  void Work(const Source& source);
  void SendOne(RawRequest raw);
  /// Tries until it is taken, refused for good, or hopeless.
  Result<wire::otlp::PartialSuccess> SendWithRetries(const Bytes& request);
  void Refuse(const std::string& message);
  void GiveUp(Error error);
  bool is_stopped() const { return is_stopped_.load(); }

  OtlpClient& client_;
  const SenderOptions options_;
  SendCounts& counts_;
  const Listener on_error_;
  const Listener on_waiting_;
  bool has_waited_ = false;

  std::atomic<bool> is_stopped_{false};
  std::mutex source_mutex_;
  std::mutex mutex_;
  std::condition_variable stopped_;
  std::optional<Error> fatal_;
};

}  // namespace clew::app::send

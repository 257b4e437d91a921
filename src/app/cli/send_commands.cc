#include <fmt/core.h>

#include <atomic>
#include <cmath>
#include <mutex>
#include <random>
#include <thread>

#include "app/cli/arguments.h"
#include "app/cli/commands.h"
#include "app/cli/progress.h"
#include "app/cli/text.h"
#include "app/demo/shop.h"
#include "app/send/file_source.h"
#include "app/send/sender.h"
#include "app/signals.h"
#include "base/duration.h"
#include "base/random.h"
#include "base/url.h"
#include "net/endpoint.h"
#include "wire/otlp/encode.h"

namespace clew::app::cli {
namespace {

using send::OtlpClient;

/// At most so many refusals are written out; the rest is only counted.
constexpr std::uint64_t kErrorLinesMax = 20;

/// `name` is empty when none was given.
send::Protocol ProtocolOf(const std::string& name, const std::string& endpoint) {
  if (name.empty()) {
    return send::ProtocolFor(endpoint);
  }
  return name == "http" ? send::Protocol::kHttp : send::Protocol::kGrpc;
}

Result<std::unique_ptr<OtlpClient>> Connect(const SendOptions& options) {
  send::OtlpClientOptions client;
  client.protocol = ProtocolOf(options.protocol, options.endpoint);
  client.endpoint = options.endpoint;
  client.compression =
      base::ParseCompression(options.compression).value_or(base::Compression::kNone);
  if (client.compression == base::Compression::kZstd && client.protocol == send::Protocol::kGrpc) {
    return InvalidArgument("--compression zstd needs --protocol http");
  }
  for (const std::string& header : options.headers) {
    ASSIGN_OR_RETURN(auto pair, ParsePair("--header", header));
    client.headers.insert(std::move(pair));
  }
  if (!options.tenant.empty()) {
    client.headers["x-scope-orgid"] = options.tenant;
  }
  return OtlpClient::Create(client);
}

Result<send::SenderOptions> MakeSenderOptions(const SendOptions& options) {
  send::SenderOptions sender;
  sender.in_flight_max = options.in_flight_max;
  ASSIGN_OR_RETURN(sender.timeout, ParseSpan(options.timeout));
  if (sender.timeout == Nanos(0)) {
    return InvalidArgument("--timeout must be longer than 0s");
  }
  ASSIGN_OR_RETURN(sender.retry_for, ParseSpan(options.retry_for));
  return sender;
}

/// What is said while the progress bar is drawn. Any thread.
class Remarks {
 public:
  explicit Remarks(const Terminal& terminal) : terminal_(terminal) {}

  void Error(const std::string& message) {
    const std::scoped_lock lock(mutex_);
    if (++error_count_ <= kErrorLinesMax) {
      ClearProgress(terminal_);
      terminal_.PrintError(message);
    }
  }
  void Waiting(const std::string& message, const std::string& retry_for) {
    const std::scoped_lock lock(mutex_);
    ClearProgress(terminal_);
    terminal_.PrintError(message);
    terminal_.Say(fmt::format("Trying again for {}; Ctrl-C stops.\n", retry_for));
  }
  void Finish() {
    if (error_count_ > kErrorLinesMax) {
      terminal_.PrintError(fmt::format("and {} more", error_count_ - kErrorLinesMax));
    }
  }

 private:
  const Terminal& terminal_;
  std::mutex mutex_;
  std::uint64_t error_count_ = 0;
};

std::string Summary(const send::SendCounts& counts, std::uint64_t damaged_count,
                    const std::string& endpoint, double seconds) {
  const std::uint64_t spans = counts.spans_accepted;
  std::string text = fmt::format(
      "Sent {} in {} ({}) to {} in {}: {} spans/s\n", CountText(spans, "span"),
      CountText(counts.requests, "request"), SizeText(static_cast<double>(counts.bytes)), endpoint,
      DurationText(Nanos(static_cast<std::int64_t>(seconds * 1e9))),
      CountText(static_cast<std::uint64_t>(std::llround(static_cast<double>(spans) / seconds))));
  if (counts.spans_rejected > 0) {
    text += fmt::format("rejected: {}\n", CountText(counts.spans_rejected, "span"));
  }
  if (counts.requests_failed > 0) {
    text += fmt::format("not taken: {}\n", CountText(counts.requests_failed, "request"));
  }
  if (counts.retries > 0) {
    text += fmt::format("repeated: {}\n", CountText(counts.retries, "attempt"));
  }
  if (damaged_count > 0) {
    text += fmt::format("empty or not read to the end: {}\n", CountText(damaged_count, "file"));
  }
  return text;
}

int SendAll(send::FileSource& source, OtlpClient& client, const send::SenderOptions& options,
            Remarks& remarks, const Terminal& terminal) {
  send::SendCounts counts;
  send::Sender sender(
      client, options, counts, [&](const std::string& message) { remarks.Error(message); },
      [&](const std::string& message) {
        remarks.Waiting(message, base::FormatDuration(options.retry_for));
      });
  const SignalWatcher signals({SIGINT, SIGTERM}, [&sender](int) { sender.Cancel(); });
  const auto begin = base::SystemTime().Time();
  Status status;
  {
    const Progress progress(terminal, [&] {
      return ProgressLine(source.bytes_read(), source.bytes_total(), counts.spans_accepted,
                          std::chrono::duration<double>(base::SystemTime().Time() - begin).count());
    });
    status = sender.Run(
        [&source]() -> Result<std::optional<send::RawRequest>> { return source.Next(); });
  }
  const double seconds = std::chrono::duration<double>(base::SystemTime().Time() - begin).count();
  if (!status.has_value()) {
    terminal.PrintError(status.error().message);
    if (status.error().code == Code::kUnavailable) {
      terminal.Say("Start a server with `clew`, or name another with --endpoint.\n");
    }
  }
  remarks.Finish();
  if (counts.is_unauthenticated) {
    terminal.Say(
        "The server wants to know who sends: name a tenant with --tenant, or give another header\n"
        "with --header.\n");
  }
  terminal.Print(Summary(counts, source.damaged_count(), client.endpoint(), seconds));
  const bool is_complete = status.has_value() && counts.spans_rejected == 0 &&
                           counts.requests_failed == 0 && source.damaged_count() == 0;
  return is_complete ? kExitDone : kExitFailed;
}

int Usage(const Terminal& terminal, const Error& error) {
  terminal.PrintError(error.message);
  return error.code == Code::kInvalidArgument ? kExitUsage : kExitFailed;
}

/// Plays the shop until told to stop.
class Demo {
 public:
  /// `server_option` goes with the commands that are named.
  Demo(OtlpClient& client, const Terminal& terminal, double rate, std::uint64_t seed,
       std::string server_option)
      : client_(client),
        terminal_(terminal),
        rate_(rate),
        server_option_(std::move(server_option)),
        random_(seed),
        shop_(random_) {}

  void Stop() {
    const std::scoped_lock lock(mutex_);
    is_stopped_ = true;
    wake_.notify_all();
  }

  /// `duration` 0: until Stop.
  int Run(Nanos duration) {
    const auto begin = base::SystemTime().Time();
    const auto step = std::chrono::duration_cast<Nanos>(std::chrono::duration<double>(1 / rate_));
    for (std::int64_t visit = 0;; ++visit) {
      const auto at = begin + step * visit;
      if (duration > Nanos(0) && at - begin >= duration) {
        break;
      }
      std::unique_lock lock(mutex_);
      if (wake_.wait_until(lock, at, [this] { return is_stopped_; })) {
        break;
      }
      lock.unlock();
      SendVisit();
    }
    terminal_.Say(fmt::format("Played {} ({}).\n", CountText(visit_count_, "visit"),
                              CountText(span_count_, "span")));
    return lost_count_ == 0 && visit_count_ > 0 ? kExitDone : kExitFailed;
  }

 private:
  void SendVisit() {
    const model::TraceData trace = shop_.Visit(base::SystemClock().Now());
    const Bytes request(wire::otlp::EncodeRequest(trace));
    const auto answer = client_.Send(request, base::SystemTime().In(std::chrono::seconds(10)));
    if (!answer.has_value()) {
      if (++lost_count_ == 1 || is_reachable_) {
        terminal_.PrintError(answer.error().message);
        terminal_.Say(
            "The visit was not taken; the demo goes on. Is a server running? Start one with\n"
            "`clew`, or name another with --endpoint.\n");
      }
      is_reachable_ = false;
      return;
    }
    is_reachable_ = true;
    ++visit_count_;
    span_count_ += trace.spans.size();
    if (visit_count_ == 1) {
      terminal_.Print(
          fmt::format("  clew trace {}{}\n", trace.spans.front().trace_id.ToHex(), server_option_));
      terminal_.Flush();
    }
  }

  OtlpClient& client_;
  const Terminal& terminal_;
  const double rate_;
  const std::string server_option_;
  base::SeededRandom random_;
  demo::Shop shop_;
  bool is_reachable_ = true;
  std::uint64_t visit_count_ = 0;
  std::uint64_t lost_count_ = 0;
  std::uint64_t span_count_ = 0;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool is_stopped_ = false;
};

}  // namespace

int RunSend(const SendOptions& options, const Terminal& terminal) {
  BlockSignals();
  const auto sender_options = MakeSenderOptions(options);
  if (!sender_options.has_value()) {
    return Usage(terminal, sender_options.error());
  }
  Remarks remarks(terminal);
  const auto client = Connect(options);
  if (!client.has_value()) {
    return Usage(terminal, client.error());
  }
  const auto source = send::FileSource::Make(
      options.files, [&remarks](const std::string& message) { remarks.Error(message); });
  if (!source.has_value()) {
    terminal.PrintError(source.error().message);
    return kExitFailed;
  }
  return SendAll(**source, **client, *sender_options, remarks, terminal);
}

int RunDemo(const DemoOptions& options, const Terminal& terminal) {
  BlockSignals();
  const auto duration = ParseSpan(options.duration);
  if (!duration.has_value()) {
    return Usage(terminal, duration.error());
  }
  // It is only printed, for commands that would refuse it.
  if (const auto server = net::ParseHttpEndpoint(options.server); !server.has_value()) {
    return Usage(terminal, server.error());
  }
  send::OtlpClientOptions destination{.protocol = ProtocolOf(options.protocol, options.endpoint),
                                      .endpoint = options.endpoint,
                                      .headers = {}};
  if (!options.tenant.empty()) destination.headers["x-scope-orgid"] = options.tenant;
  const auto client = OtlpClient::Create(destination);
  if (!client.has_value()) {
    return Usage(terminal, client.error());
  }
  std::string server_option =
      options.server == ServerOptions().url
          ? ""
          : fmt::format(" --server {}", base::RedactAddress(options.server));
  if (!options.tenant.empty()) server_option += fmt::format(" --tenant {}", options.tenant);
  terminal.Print(
      fmt::format("Playing a shop of six services at {0} visits a second, sent to {1}.\n"
                  "One order in ten fails, one in ten is slow. Ctrl-C stops it. Meanwhile, try:\n"
                  "  clew services --operations{2}\n"
                  "  clew search --service order-service --status error{2}\n"
                  "  clew search --min-duration 500ms --tag payment.method=card{2}\n",
                  options.rate, (*client)->endpoint(), server_option));
  terminal.Flush();
  const std::uint64_t seed = options.seed != 0 ? options.seed : std::random_device()();
  Demo demo(**client, terminal, options.rate, seed, server_option);
  const SignalWatcher signals({SIGINT, SIGTERM}, [&demo](int) { demo.Stop(); });
  return demo.Run(*duration);
}

}  // namespace clew::app::cli

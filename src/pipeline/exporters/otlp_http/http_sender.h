#pragma once

#include <map>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/compression.h"
#include "net/http_client.h"
#include "pipeline/sending/sender.h"

namespace clew::pipeline::exporters::otlp_http {

/// Sends batches as OTLP/HTTP requests. Protobuf goes out as it came, even compressed as it came
/// when that is the configured way; JSON is written anew.
class HttpSender final : public sending::Sender {
 public:
  struct Options {
    model::Signal signal = model::Signal::kTraces;
    std::string url;
    bool is_json = false;
    base::Compression compression = base::Compression::kNone;
    /// What to call it in Content-Encoding; empty for none.
    std::string content_encoding;
  };

  /// `clock` outlives this; it reads dates in Retry-After.
  HttpSender(Options options, std::unique_ptr<net::HttpClient> client, const Clock& clock);
  Result<Receipt> Send(const model::BatchPtr& batch, const Context& context,
                       Deadline deadline) override;
  void Cancel() override { client_->Cancel(); }

 private:
  /// The bytes to post; a view into the batch or into `storage`.
  Result<std::string_view> MakeBody(const model::Batch& batch, std::string& storage) const;
  Result<Receipt> ReadSuccess(const net::HttpClientResponse& response) const;
  Error ReadError(const net::HttpClientResponse& response) const;

  const Options options_;
  std::map<std::string, std::string> headers_;
  const std::unique_ptr<net::HttpClient> client_;
  const Clock& clock_;
};

/// The delay that a Retry-After value asks for: whole seconds, or a date (RFC 1123) against `now`.
/// Nothing when it is neither.
std::optional<Nanos> ParseRetryAfter(std::string_view value, UnixNanos now);

}  // namespace clew::pipeline::exporters::otlp_http

#include "pipeline/exporters/otlp_http/http_sender.h"

#include <time.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "base/excerpt.h"
#include "base/url.h"
#include "wire/otlp/json.h"
#include "wire/otlp/response.h"
#include "wire/otlp/retry_info.h"

namespace clew::pipeline::exporters::otlp_http {
namespace {

bool IsRetryable(int status) {
  return status == 429 || status == 502 || status == 503 || status == 504;
}

std::string Concatenate(const std::vector<Bytes>& pieces) {
  std::string whole;
  std::size_t size = 0;
  for (const Bytes& piece : pieces) {
    size += piece.size();
  }
  whole.reserve(size);
  for (const Bytes& piece : pieces) {
    whole += piece.view();
  }
  return whole;
}

/// Nothing when it is none of OTLP. An empty one is, whatever its type: nothing was rejected.
std::optional<wire::otlp::PartialSuccess> ReadAnswer(model::Signal signal,
                                                     const net::HttpClientResponse& response) {
  if (response.body.empty()) return wire::otlp::PartialSuccess{};
  Result<wire::otlp::PartialSuccess> partial = std::unexpected(Error{});
  if (response.content_type.starts_with("application/x-protobuf")) {
    partial = wire::otlp::DecodeResponse(response.body);
  } else if (response.content_type.starts_with("application/json")) {
    partial = wire::otlp::DecodeResponseJson(signal, response.body);
  }
  return partial.has_value() ? std::optional(*partial) : std::nullopt;
}

}  // namespace

HttpSender::HttpSender(Options options, std::unique_ptr<net::HttpClient> client, const Clock& clock)
    : options_(std::move(options)), client_(std::move(client)), clock_(clock) {
  headers_["Content-Type"] = options_.is_json ? "application/json" : "application/x-protobuf";
  if (options_.compression != base::Compression::kNone) {
    headers_["Content-Encoding"] = options_.content_encoding;
  }
}

Result<Receipt> HttpSender::Send(const model::BatchPtr& batch, const Context&, Deadline deadline) {
  std::string storage;
  ASSIGN_OR_RETURN(const std::string_view body, MakeBody(*batch, storage));
  ASSIGN_OR_RETURN(const net::HttpClientResponse response,
                   client_->Post(options_.url, body, headers_, deadline));
  if (response.status >= 200 && response.status < 300) {
    return ReadSuccess(response);
  }
  return std::unexpected(ReadError(response));
}

Result<std::string_view> HttpSender::MakeBody(const model::Batch& batch,
                                              std::string& storage) const {
  const std::vector<Bytes>& pieces = batch.wire();
  if (!options_.is_json) {
    const auto& received = batch.received();
    if (received.has_value() && received->compression == options_.compression) {
      return received->bytes.view();
    }
    if (pieces.size() == 1 && options_.compression == base::Compression::kNone) {
      return pieces.front().view();
    }
  }
  storage = Concatenate(pieces);
  if (options_.is_json) {
    ASSIGN_OR_RETURN(storage, wire::otlp::RequestToJson(batch.signal(), storage));
  }
  if (options_.compression != base::Compression::kNone) {
    ASSIGN_OR_RETURN(storage, base::Compress(options_.compression, storage));
  }
  return std::string_view(storage);
}

Result<Receipt> HttpSender::ReadSuccess(const net::HttpClientResponse& response) const {
  const auto partial = ReadAnswer(options_.signal, response);
  if (!partial.has_value()) {
    // The status said success, so the data was taken; sending it again would double it.
    return Receipt{.rejected_items = 0,
                   .message = fmt::format("the answer is no OTLP response (Content-Type '{}'): is "
                                          "{} the port of another service?",
                                          base::Excerpt(response.content_type),
                                          base::RedactUrl(options_.url))};
  }
  return Receipt{.rejected_items =
                     static_cast<std::uint64_t>(std::max<std::int64_t>(partial->rejected_items, 0)),
                 .message = partial->error_message};
}

Error HttpSender::ReadError(const net::HttpClientResponse& response) const {
  Error error;
  error.message = fmt::format(
      "error exporting items, request to {} responded with HTTP Status "
      "Code {}",
      base::RedactUrl(options_.url), response.status);
  const auto status = response.content_type.starts_with("application/json")
                          ? wire::otlp::DecodeStatusJson(response.body)
                          : wire::otlp::DecodeStatus(response.body);
  if (status.has_value() && !status->message.empty()) {
    error.message += ", Message=" + base::Excerpt(status->message, base::kExplanationBytesMax);
  }
  if (IsRetryable(response.status)) {
    error.code = Code::kUnavailable;
  } else {
    // Codes that gRPC would repeat must not make a permanent answer look passing.
    const Code code = wire::otlp::CodeOfHttpStatus(response.status);
    error.code = Error{.code = code, .message = ""}.is_retryable() ? Code::kUnknown : code;
  }
  if (response.status == 429 || response.status == 503) {
    error.retry_after = ParseRetryAfter(response.retry_after, clock_.Now());
  }
  return error;
}

std::optional<Nanos> ParseRetryAfter(std::string_view value, UnixNanos now) {
  std::int64_t seconds = 0;
  const auto [end, failure] = std::from_chars(value.data(), value.data() + value.size(), seconds);
  if (failure != std::errc() || end != value.data() + value.size()) {
    tm date{};
    const std::string text(value);
    const char* rest = strptime(text.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &date);
    if (rest == nullptr || *rest != '\0') {
      return std::nullopt;
    }
    seconds = timegm(&date) - now / 1'000'000'000;
  }
  return wire::otlp::RetryDelay(seconds, 0);
}

}  // namespace clew::pipeline::exporters::otlp_http

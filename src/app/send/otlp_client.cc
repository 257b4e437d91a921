#include "app/send/otlp_client.h"

#include <charconv>
#include <optional>
#include <utility>

#include "base/excerpt.h"
#include "base/url.h"
#include "net/endpoint.h"
#include "net/grpc_client.h"
#include "net/http_client.h"

namespace clew::app::send {
namespace {

constexpr const char* kExportMethod = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
constexpr std::string_view kGrpcPort = ":4317";
constexpr std::string_view kHttpPath = "/v1/traces";
constexpr std::string_view kUserAgent = "clew-cli";

class GrpcOtlpClient final : public OtlpClient {
 public:
  GrpcOtlpClient(std::unique_ptr<net::GrpcClient> client, std::string endpoint)
      : client_(std::move(client)), endpoint_(std::move(endpoint)) {}

  Result<wire::otlp::PartialSuccess> Send(const Bytes& request, Deadline deadline) override {
    ASSIGN_OR_RETURN(const std::string answer, client_->Call(kExportMethod, {request}, deadline));
    return wire::otlp::DecodeResponse(answer);
  }
  const std::string& endpoint() const override { return endpoint_; }

 private:
  const std::unique_ptr<net::GrpcClient> client_;
  const std::string endpoint_;
};

class HttpOtlpClient final : public OtlpClient {
 public:
  HttpOtlpClient(std::unique_ptr<net::HttpClient> client, std::string url,
                 base::Compression compression)
      : client_(std::move(client)),
        url_(std::move(url)),
        shown_url_(base::RedactUrl(url_)),
        compression_(compression) {}

  Result<wire::otlp::PartialSuccess> Send(const Bytes& request, Deadline deadline) override {
    std::map<std::string, std::string> headers = {{"Content-Type", "application/x-protobuf"}};
    std::string compressed;
    std::string_view body = request.view();
    if (compression_ != base::Compression::kNone) {
      ASSIGN_OR_RETURN(compressed, base::Compress(compression_, body));
      body = compressed;
      headers["Content-Encoding"] = base::CompressionName(compression_);
    }
    ASSIGN_OR_RETURN(const net::HttpClientResponse response,
                     client_->Post(url_, body, headers, deadline));
    if (response.status == 200) {
      return wire::otlp::DecodeResponse(response.body);
    }
    return std::unexpected(ErrorOf(response));
  }
  const std::string& endpoint() const override { return shown_url_; }

 private:
  Error ErrorOf(const net::HttpClientResponse& response) const {
    Error error{wire::otlp::CodeOfHttpStatus(response.status), {}};
    if (auto status = wire::otlp::DecodeStatus(response.body); status.has_value()) {
      error.message = base::Excerpt(status->message, base::kExplanationBytesMax);
      error.retry_after = status->retry_after;
    }
    if (error.message.empty()) {
      error.message = fmt::format("{} answered with status {}", shown_url_, response.status);
    }
    std::int64_t seconds = 0;
    const std::string& text = response.retry_after;
    if (std::from_chars(text.data(), text.data() + text.size(), seconds).ec == std::errc() &&
        seconds >= 0 && seconds <= 3600) {
      error.retry_after = std::chrono::seconds(seconds);
    }
    return error;
  }

  const std::unique_ptr<net::HttpClient> client_;
  const std::string url_;
  const std::string shown_url_;
  const base::Compression compression_;
};

bool IsHttps(std::string_view endpoint) { return base::HasScheme(endpoint, "https"); }

Result<std::unique_ptr<OtlpClient>> CreateGrpc(const OtlpClientOptions& options) {
  net::GrpcClientOptions grpc;
  grpc.endpoint = options.endpoint.empty() ? "localhost:4317" : options.endpoint;
  if (IsHttps(options.endpoint)) {
    grpc.tls = net::TlsOptions{};
  }
  grpc.compression = options.compression;
  grpc.headers = options.headers;
  grpc.user_agent = kUserAgent;
  ASSIGN_OR_RETURN(auto client, net::GrpcClient::Create(grpc));
  return std::make_unique<GrpcOtlpClient>(std::move(client), grpc.endpoint);
}

Result<std::unique_ptr<OtlpClient>> CreateHttp(const OtlpClientOptions& options) {
  ASSIGN_OR_RETURN(std::string url,
                   net::ParseHttpEndpoint(options.endpoint.empty() ? "http://localhost:4318"
                                                                   : options.endpoint));
  if (url.find_first_of("?#") != std::string::npos) {
    return base::InvalidArgument(
        "\"{}\" holds a ? or #: OTLP is posted to {} and knows neither query nor fragment",
        base::Excerpt(base::RedactUrl(url)), kHttpPath);
  }
  if (!url.ends_with(kHttpPath)) {
    url += kHttpPath;
  }
  net::HttpClientOptions http;
  http.headers = options.headers;
  http.timeout = Nanos(0);  // Send has a deadline
  http.user_agent = kUserAgent;
  ASSIGN_OR_RETURN(auto client, net::HttpClient::Create(http));
  return std::make_unique<HttpOtlpClient>(std::move(client), url, options.compression);
}

}  // namespace

Protocol ProtocolFor(std::string_view endpoint) {
  if (!base::HasScheme(endpoint, "http") && !IsHttps(endpoint)) {
    return Protocol::kGrpc;
  }
  const std::string_view rest = base::AfterScheme(endpoint);
  const std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
  return authority.ends_with(kGrpcPort) ? Protocol::kGrpc : Protocol::kHttp;
}

Result<std::unique_ptr<OtlpClient>> OtlpClient::Create(const OtlpClientOptions& options) {
  return options.protocol == Protocol::kGrpc ? CreateGrpc(options) : CreateHttp(options);
}

}  // namespace clew::app::send

#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/vocabulary.h"
#include "net/tls.h"

namespace clew::net {

struct HttpClientOptions {
  std::optional<TlsOptions> tls;  // https works without it too, with the system's roots
  Nanos timeout{std::chrono::seconds(30)};
  std::string proxy_url;  // else HTTP(S)_PROXY of the environment
  std::map<std::string, std::string> headers;
  std::string user_agent;
  /// The rest of a longer response is not read (otlp.md section 5).
  std::uint64_t response_bytes_max = 64u << 10;
  /// Whose deadlines it is given. Outlives the client.
  const Clock* clock = &base::SystemTime();
};

struct HttpClientResponse {
  int status = 0;
  std::string content_type;
  /// Value of Retry-After, empty when absent.
  std::string retry_after;
  /// Value of Warning, empty when absent.
  std::string warning;
  std::string body;
};

/// Blocking HTTP requests over kept connections (libcurl). Any thread, several at once. 307 and 308
/// are followed, ten times, with the same method, body and headers; to another host without the
/// headers of the options, and never from https to http. Where it does not go on, the redirect is
/// the response.
class HttpClient {
 public:
  virtual ~HttpClient() = default;
  /// INVALID_ARGUMENT for headers that are none (net/http_header.h) and for TLS that cannot be.
  static Result<std::unique_ptr<HttpClient>> Create(const HttpClientOptions& options);
  /// An error when no response came (UNAVAILABLE, DEADLINE_EXCEEDED, CANCELLED); any status is a
  /// response.
  virtual Result<HttpClientResponse> Get(const std::string& url) = 0;
  /// Ends requests under way and refuses later ones, with CANCELLED. Returns before they have
  /// ended.
  virtual void Cancel() = 0;
  /// Ends by `deadline` and by the time-out of the options.
  virtual Result<HttpClientResponse> Post(const std::string& url, std::string_view body,
                                          const std::map<std::string, std::string>& headers,
                                          Deadline deadline) = 0;
  Result<HttpClientResponse> Post(const std::string& url, std::string_view body,
                                  const std::map<std::string, std::string>& headers) {
    return Post(url, body, headers, Deadline::max());
  }
};

}  // namespace clew::net

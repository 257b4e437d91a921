#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/vocabulary.h"
#include "net/http_client.h"
#include "query/query_context.h"

namespace clew::api::client {

struct HttpApiOptions {
  /// Base address of the API, e.g. "http://localhost:16686".
  std::string server;
  /// Sent as X-Scope-OrgID when it is not empty.
  std::string tenant;
  Nanos timeout{std::chrono::seconds(60)};
};

/// An API of a running server, asked over HTTP, and what its answers say they lack. Blocking; one
/// thread.
class HttpApi {
 public:
  /// A trace takes some ten times as much memory as its JSON.
  static constexpr std::uint64_t kAnswerBytesMax = 64u << 20;

  static Result<std::unique_ptr<HttpApi>> Create(const HttpApiOptions& options);

  /// Any answer, the first kAnswerBytesMax of its body; UNAVAILABLE when none comes.
  Result<net::HttpClientResponse> Get(const std::string& path_and_query);
  /// Keeps what an answer lacks; nothing when that is empty.
  void Note(std::string left_out);

  const std::string& server() const { return server_; }
  /// What is not in the answers so far although it should be, in words, each once; see
  /// query::LeftOut::Texts. Empty when they are complete.
  std::vector<std::string> left_out() const { return left_out_.Texts(); }

 private:
  HttpApi(std::string server, std::unique_ptr<net::HttpClient> http)
      : server_(std::move(server)), http_(std::move(http)) {}

  const std::string server_;
  const std::unique_ptr<net::HttpClient> http_;
  query::LeftOut left_out_;
};

/// As a value in the query of a URL, or a segment of its path.
std::string PercentEncode(std::string_view text);

}  // namespace clew::api::client

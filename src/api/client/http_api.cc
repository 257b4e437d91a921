#include "api/client/http_api.h"

#include <fmt/format.h>

#include "api/client/answers.h"
#include "net/endpoint.h"

namespace clew::api::client {

Result<std::unique_ptr<HttpApi>> HttpApi::Create(const HttpApiOptions& options) {
  ASSIGN_OR_RETURN(std::string server, net::ParseHttpEndpoint(options.server));
  net::HttpClientOptions http;
  http.timeout = options.timeout;
  http.user_agent = "clew-cli";
  http.response_bytes_max = kAnswerBytesMax;
  if (!options.tenant.empty()) {
    http.headers["X-Scope-OrgID"] = options.tenant;
  }
  ASSIGN_OR_RETURN(auto client, net::HttpClient::Create(http));
  return std::unique_ptr<HttpApi>(new HttpApi(std::move(server), std::move(client)));
}

Result<net::HttpClientResponse> HttpApi::Get(const std::string& path_and_query) {
  ASSIGN_OR_RETURN(net::HttpClientResponse response, http_->Get(server_ + path_and_query));
  Note(WarningText(response.warning));
  return response;
}

void HttpApi::Note(std::string left_out) {
  if (!left_out.empty()) left_out_.Add(std::move(left_out));
}

std::string PercentEncode(std::string_view text) {
  static constexpr std::string_view kPlain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  std::string out;
  for (const char byte : text) {
    if (kPlain.find(byte) != std::string_view::npos) {
      out += byte;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(byte));
    }
  }
  return out;
}

}  // namespace clew::api::client

#include "net/http_cors.h"

#include <algorithm>
#include <array>
#include <string>

#include "base/letter_case.h"

namespace clew::net {
namespace {

constexpr std::array<std::string_view, 3> kMethods = {"GET", "POST", "HEAD"};
constexpr std::array<std::string_view, 3> kDefaultHeaders = {"accept", "content-type",
                                                             "x-requested-with"};

std::string_view Trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

bool IsOriginAllowed(const CorsOptions& options, std::string_view origin) {
  return std::ranges::any_of(options.allowed_origins, [&](const std::string& pattern) {
    return OriginMatches(pattern, origin);
  });
}

bool IsHeaderAllowed(const CorsOptions& options, std::string_view header) {
  const std::string name = base::LowerCase(header);
  if (options.allowed_headers.empty())
    return std::ranges::find(kDefaultHeaders, name) != kDefaultHeaders.end();
  return std::ranges::any_of(options.allowed_headers, [&](const std::string& allowed) {
    return allowed == "*" || base::LowerCase(allowed) == name;
  });
}

bool AreHeadersAllowed(const CorsOptions& options, std::string_view list) {
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    const std::string_view header = Trim(list.substr(0, comma));
    if (!header.empty() && !IsHeaderAllowed(options, header)) return false;
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return true;
}

std::string AllowedOrigin(const CorsOptions& options, std::string_view origin) {
  const bool is_any =
      std::ranges::find(options.allowed_origins, "*") != options.allowed_origins.end();
  return is_any ? "*" : std::string(origin);
}

}  // namespace

bool OriginMatches(std::string_view pattern, std::string_view origin) {
  const std::string wanted = base::LowerCase(pattern);
  const std::string text = base::LowerCase(origin);
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = std::string::npos;  // the last `*` seen and where its text may end
  std::size_t resume = 0;
  while (t < text.size()) {
    if (p < wanted.size() && wanted[p] == '*') {
      star = p++;
      resume = t;
    } else if (p < wanted.size() && wanted[p] == text[t]) {
      ++p;
      ++t;
    } else if (star != std::string::npos) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  while (p < wanted.size() && wanted[p] == '*') ++p;
  return p == wanted.size();
}

std::optional<HttpResponse> AnswerPreflight(const CorsOptions& options,
                                            const HttpRequest& request) {
  if (options.allowed_origins.empty() || request.method != "OPTIONS") return std::nullopt;
  const std::string_view method = request.headers.Get("Access-Control-Request-Method");
  if (method.empty()) return std::nullopt;
  HttpResponse response;
  response.status = 204;
  response.headers.Add("Vary",
                       "Origin, Access-Control-Request-Method, Access-Control-Request-Headers");
  const std::string_view origin = request.headers.Get("Origin");
  const std::string_view headers = request.headers.Get("Access-Control-Request-Headers");
  const bool is_allowed = !origin.empty() && IsOriginAllowed(options, origin) &&
                          std::ranges::find(kMethods, method) != kMethods.end() &&
                          AreHeadersAllowed(options, headers);
  if (!is_allowed) return response;
  response.headers.Add("Access-Control-Allow-Origin", AllowedOrigin(options, origin));
  response.headers.Add("Access-Control-Allow-Methods", std::string(method));
  if (!headers.empty()) response.headers.Add("Access-Control-Allow-Headers", std::string(headers));
  response.headers.Add("Access-Control-Allow-Credentials", "true");
  if (options.max_age_seconds > 0) {
    response.headers.Add("Access-Control-Max-Age", std::to_string(options.max_age_seconds));
  }
  return response;
}

void AddCorsHeaders(const CorsOptions& options, const HttpRequest& request,
                    HttpResponse& response) {
  if (options.allowed_origins.empty()) return;
  response.headers.Add("Vary", "Origin");
  const std::string_view origin = request.headers.Get("Origin");
  if (origin.empty() || !IsOriginAllowed(options, origin)) return;
  response.headers.Add("Access-Control-Allow-Origin", AllowedOrigin(options, origin));
  if (!options.exposed_headers.empty()) {
    std::string exposed;
    for (const std::string& header : options.exposed_headers) {
      exposed += (exposed.empty() ? "" : ", ") + header;
    }
    response.headers.Add("Access-Control-Expose-Headers", exposed);
  }
  response.headers.Add("Access-Control-Allow-Credentials", "true");
}

}  // namespace clew::net

#include "net/http_cors.h"

#include <gtest/gtest.h>

namespace clew::net {
namespace {

HttpRequest Preflight(const char* origin, const char* method, const char* headers) {
  HttpRequest request;
  request.method = "OPTIONS";
  request.headers.Add("origin", origin);
  request.headers.Add("access-control-request-method", method);
  if (*headers != '\0') request.headers.Add("access-control-request-headers", headers);
  return request;
}

TEST(Cors, OriginPatterns) {
  EXPECT_TRUE(OriginMatches("*", "https://a"));
  EXPECT_TRUE(OriginMatches("https://*.example.com", "https://a.b.example.com"));
  EXPECT_TRUE(OriginMatches("HTTPS://App.Example", "https://app.example"));
  EXPECT_TRUE(OriginMatches("http://*:80*", "http://x:8080"));
  EXPECT_FALSE(OriginMatches("https://*.example.com", "https://example.com"));
  EXPECT_FALSE(OriginMatches("https://a", "https://ab"));
  EXPECT_FALSE(OriginMatches("", "https://a"));
}

TEST(Cors, OffWithoutOrigins) {
  HttpResponse response;
  AddCorsHeaders({}, Preflight("https://a", "POST", ""), response);

  EXPECT_TRUE(response.headers.fields().empty());
  EXPECT_FALSE(AnswerPreflight({}, Preflight("https://a", "POST", "")).has_value());
}

TEST(Cors, OptionsWithoutAMethodIsNoPreflight) {
  CorsOptions options;
  options.allowed_origins = {"*"};
  HttpRequest request;
  request.method = "OPTIONS";

  EXPECT_FALSE(AnswerPreflight(options, request).has_value());
}

TEST(Cors, PreflightTable) {
  CorsOptions options;
  options.allowed_origins = {"https://a", "https://b"};
  options.max_age_seconds = 7200;
  struct Case {
    const char* origin;
    const char* method;
    const char* headers;
    bool is_allowed;
  };
  const Case cases[] = {
      {"https://a", "POST", "", true},
      {"https://b", "GET", "Content-Type", true},
      {"https://a", "POST", "content-type, X-Requested-With", true},
      {"https://a", "POST", "content-type, x-api-key", false},
      {"https://c", "POST", "", false},
      {"https://a", "DELETE", "", false},
      {"", "POST", "", false},
  };
  for (const Case& one : cases) {
    const auto answer = AnswerPreflight(options, Preflight(one.origin, one.method, one.headers));
    ASSERT_TRUE(answer.has_value());
    EXPECT_EQ(answer->status, 204);
    EXPECT_TRUE(answer->headers.Has("Vary"));
    EXPECT_EQ(answer->headers.Get("Access-Control-Allow-Origin"), one.is_allowed ? one.origin : "");
    EXPECT_EQ(answer->headers.Get("Access-Control-Allow-Methods"),
              one.is_allowed ? one.method : "");
    EXPECT_EQ(answer->headers.Get("Access-Control-Allow-Headers"),
              one.is_allowed ? one.headers : "");
    EXPECT_EQ(answer->headers.Get("Access-Control-Max-Age"), one.is_allowed ? "7200" : "");
  }
}

TEST(Cors, ConfiguredHeadersReplaceTheDefaults) {
  CorsOptions options;
  options.allowed_origins = {"*"};
  options.allowed_headers = {"X-Api-Key"};
  const auto is_allowed = [&](const char* headers) {
    return AnswerPreflight(options, Preflight("https://a", "POST", headers))
        ->headers.Has("Access-Control-Allow-Origin");
  };

  EXPECT_TRUE(is_allowed("x-api-key"));
  EXPECT_FALSE(is_allowed("content-type"));
  options.allowed_headers = {"*"};
  EXPECT_TRUE(is_allowed("anything"));
}

TEST(Cors, ActualRequests) {
  CorsOptions options;
  options.allowed_origins = {"https://a"};
  options.exposed_headers = {"X-One", "X-Two"};
  HttpResponse allowed;
  AddCorsHeaders(options, Preflight("https://a", "POST", ""), allowed);
  HttpResponse refused;
  AddCorsHeaders(options, Preflight("https://z", "POST", ""), refused);

  EXPECT_EQ(allowed.headers.Get("Access-Control-Allow-Origin"), "https://a");
  EXPECT_EQ(allowed.headers.Get("Access-Control-Expose-Headers"), "X-One, X-Two");
  EXPECT_EQ(allowed.headers.Get("Access-Control-Allow-Credentials"), "true");
  EXPECT_FALSE(refused.headers.Has("Access-Control-Allow-Origin"));
  EXPECT_EQ(refused.headers.Get("Vary"), "Origin");
}

}  // namespace
}  // namespace clew::net

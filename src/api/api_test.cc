#include <gmock/gmock.h>

#include "api/endpoint.h"
#include "api/responses.h"
#include "api/tenancy.h"

namespace clew::api {
namespace {

using testing::ElementsAre;

const std::vector<Endpoint> kEndpoints = {
    {"GET", "/api/traces", {}},
    {"GET", "/api/traces/{id}", {}},
    {"GET", "/api/services/{service}/operations", {}},
    {"POST", "/api/traces/{id}", {}},
};

TEST(FindEndpoint, MatchesWholePathsAndCapturesSegments) {
  struct Case {
    std::string method, path;
    std::optional<std::size_t> index;
    bool is_method_served = true;
  };
  const std::vector<Case> cases = {
      {"GET", "/api/traces", 0},
      {"HEAD", "/api/traces", 0},
      {"POST", "/api/traces", 0, false},
      {"GET", "/api/traces/1%2F", 1},
      {"POST", "/api/traces/1", 3},
      {"PUT", "/api/traces/1", 1, false},
      {"GET", "/api/services/a+b/operations", 2},
      {"GET", "/api/services//operations", std::nullopt},
      {"GET", "/api/traces/", std::nullopt},
      {"GET", "/api/traces/1/2", std::nullopt},
      {"GET", "/api", std::nullopt},
      {"GET", "", std::nullopt},
      {"GET", "api/traces", std::nullopt},
  };
  for (const Case& c : cases) {
    const auto match = FindEndpoint(kEndpoints, c.method, c.path);
    ASSERT_EQ(match.has_value(), c.index.has_value()) << c.path;
    if (match) {
      EXPECT_EQ(match->index, *c.index) << c.path;
      EXPECT_EQ(match->is_method_served, c.is_method_served) << c.path;
    }
  }
  EXPECT_THAT(FindEndpoint(kEndpoints, "GET", "/api/services/a+b/operations")->captures,
              ElementsAre("a+b"));
}

TEST(StripPrefix, TakesWholeSegments) {
  EXPECT_EQ(StripPrefix("/api", ""), "/api");
  EXPECT_EQ(StripPrefix("/jaeger/api", "/jaeger"), "/api");
  EXPECT_EQ(StripPrefix("/jaeger", "/jaeger"), "/");
  EXPECT_EQ(StripPrefix("/jaegers/api", "/jaeger"), std::nullopt);
  EXPECT_EQ(StripPrefix("/api", "/jaeger"), std::nullopt);
}

net::HttpRequest WithHeader(std::string name, std::string value) {
  net::HttpRequest request;
  request.headers.Add(std::move(name), std::move(value));
  return request;
}

TEST(TenantOf, IsTheOneTenantWhenOff) {
  EXPECT_EQ(TenantOf({}, WithHeader("X-Scope-OrgID", "a")), TenantId());
}

TEST(TenantOf, ReadsTheHeaderWhenOn) {
  const TenancyOptions on{.is_enabled = true};
  EXPECT_EQ(TenantOf(on, WithHeader("x-scope-orgid", "team-a")), TenantId::Parse("team-a").value());
  EXPECT_EQ(TenantOf(on, WithHeader("x-scope-orgid", "a:source=x|a")),
            TenantId::Parse("a").value());
  net::HttpRequest two = WithHeader("x-scope-orgid", "a");
  two.headers.Add("X-Scope-OrgID", "a:source=x");
  EXPECT_EQ(TenantOf(on, two), TenantId::Parse("a").value());
  two.headers.Add("X-Scope-OrgID", "b");
  EXPECT_EQ(TenantOf(on, two).error().code, Code::kInvalidArgument);
  EXPECT_EQ(TenantOf(on, {}).error().code, Code::kUnauthenticated);
  for (const char* bad : {"a|b", "a b", "..", "|", ":x"}) {
    EXPECT_EQ(TenantOf(on, WithHeader("x-scope-orgid", bad)).error().code, Code::kInvalidArgument)
        << bad;
  }
}

TEST(Responses, RetryAfterIsWholeSecondsAtLeastOne) {
  net::HttpResponse response = TextResponse(503, "wait");
  AddRetryAfter({Code::kUnavailable, "wait", std::chrono::milliseconds(1500)}, &response);
  EXPECT_EQ(response.headers.Get("retry-after"), "2");

  net::HttpResponse soon = TextResponse(503, "wait");
  AddRetryAfter({Code::kUnavailable, "wait", std::chrono::milliseconds(0)}, &soon);
  EXPECT_EQ(soon.headers.Get("retry-after"), "1");
}

}  // namespace
}  // namespace clew::api

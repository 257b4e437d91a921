#include "app/telemetry/order_guard.h"

#include <gtest/gtest.h>

namespace clew::app::telemetry {
namespace {

struct Case {
  std::string host;
  std::string origin = {};
  std::string site = {};
};

bool IsTaken(const Case& test_case, std::string_view listening_host = "localhost") {
  net::HttpRequest request;
  request.headers.Add("Host", test_case.host);
  if (!test_case.origin.empty()) {
    request.headers.Add("Origin", test_case.origin);
  }
  if (!test_case.site.empty()) {
    request.headers.Add("Sec-Fetch-Site", test_case.site);
  }
  const Status checked = CheckOrder(request, listening_host);
  EXPECT_TRUE(checked.has_value() || checked.error().code == Code::kPermissionDenied);
  return checked.has_value();
}

TEST(CheckOrder, ProgramsMayGiveThem) {
  EXPECT_TRUE(IsTaken({.host = "localhost:8888"}));
  EXPECT_TRUE(IsTaken({.host = "127.0.0.1:8888"}));
  EXPECT_TRUE(IsTaken({.host = "[::1]:8888"}));
  EXPECT_TRUE(IsTaken({.host = "LOCALHOST"}));
  EXPECT_TRUE(IsTaken({.host = "clew.example:8888"}, "0.0.0.0"));
  EXPECT_TRUE(IsTaken({.host = "clew.example:8888"}, "clew.example"));
}

TEST(CheckOrder, PagesOfOtherOriginsMayNot) {
  EXPECT_FALSE(IsTaken({.host = "localhost:8888", .origin = "https://evil.example"}));
  EXPECT_FALSE(IsTaken({.host = "localhost:8888", .origin = "http://localhost:3000"}));
  EXPECT_FALSE(IsTaken({.host = "localhost:8888", .origin = "null"}));
  EXPECT_FALSE(IsTaken({.host = "localhost:8888", .site = "cross-site"}));
  EXPECT_FALSE(IsTaken({.host = "localhost:8888", .site = "same-site"}));
  EXPECT_FALSE(IsTaken({.host = "10.0.0.1:8888", .origin = "https://evil.example"}, "0.0.0.0"));
}

TEST(CheckOrder, PagesOfThisOriginMay) {
  EXPECT_TRUE(IsTaken(
      {.host = "localhost:8888", .origin = "http://localhost:8888", .site = "same-origin"}));
  EXPECT_TRUE(IsTaken({.host = "localhost:8888", .site = "none"}));
  EXPECT_TRUE(IsTaken({.host = "10.0.0.1:8888", .origin = "http://10.0.0.1:8888"}, "0.0.0.0"));
}

TEST(CheckOrder, NamesThatMayHaveBeenPointedHereMayNot) {
  const Case rebound = {
      .host = "evil.example:8888", .origin = "http://evil.example:8888", .site = "same-origin"};
  EXPECT_FALSE(IsTaken(rebound));
  EXPECT_FALSE(IsTaken(rebound, "0.0.0.0"));
  EXPECT_FALSE(IsTaken({.host = "evil.example:8888"}));
  EXPECT_FALSE(IsTaken({.host = "evil.example:8888"}, "127.0.0.1"));
  EXPECT_FALSE(IsTaken({.host = "notlocalhost"}));
  EXPECT_FALSE(IsTaken({.host = ""}));
}

}  // namespace
}  // namespace clew::app::telemetry

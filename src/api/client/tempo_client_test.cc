#include "api/client/tempo_client.h"

#include <fmt/format.h>

#include "net/test_http.h"

namespace clew::api::client {
namespace {

class TempoClientTest : public net::testing::HttpTest {
 protected:
  std::unique_ptr<TempoClient> Connect() {
    const std::string server = fmt::format("http://127.0.0.1:{}/tempo/", server_->port());
    return *TempoClient::Create({.server = server, .tenant = "a"});
  }
};

TEST(TempoClient, PathNamesWhatIsAsked) {
  TraceQlCall call{.query = "{ .a = \"+\" }",
                   .start_min = 1'999'999'999,
                   .start_max = 2'000'000'001,
                   .limit = 7,
                   .spans_per_set = 5};
  EXPECT_EQ(TraceQlPath(call),
            "/api/search?q=%7B%20.a%20%3D%20%22%2B%22%20%7D&start=1&end=3&limit=7&spss=5");

  call.form = TraceQlForm::kRange;
  call.query = "{}";
  call.start_min = -1;
  call.start_max = 2'000'000'001;
  call.step = "1m0s";
  call.explain = "run";
  EXPECT_EQ(
      TraceQlPath(call),
      "/api/metrics/query_range?q=%7B%7D&start=00000000000&end=02000000001&step=1m0s&explain=run");
  call.form = TraceQlForm::kInstant;
  EXPECT_TRUE(TraceQlPath(call).starts_with("/api/metrics/query?q="));
}

TEST_F(TempoClientTest, AnswersComeAsTheyAreBelowThePathOfTheServer) {
  Start({}, [](const net::HttpRequest& request) {
    net::HttpResponse response;
    response.body =
        fmt::format("{{\"{}\":\"{}\"}}", request.path, request.headers.Get("X-Scope-OrgID"));
    response.headers.Add("Warning", R"(199 clew "block 1 is gone")");
    return response;
  });
  const auto client = Connect();

  const auto answer = client->Ask({.query = "{}"});

  ASSERT_TRUE(answer.has_value()) << answer.error().message;
  EXPECT_EQ(*answer, R"({"/tempo/api/search":"a"})");
  EXPECT_EQ(client->left_out(), (std::vector<std::string>{"block 1 is gone"}));
}

TEST_F(TempoClientTest, TagsAndTheirValuesAreListed) {
  std::string asked;
  Start({}, [&asked](const net::HttpRequest& request) {
    asked = fmt::format("{} {}", request.path, request.Param("q").value_or("none"));
    net::HttpResponse response;
    if (request.path.ends_with("/values")) {
      response.body =
          R"({"tagValues":[{"type":"string","value":"cart"},{"type":"int","value":"5"}]})";
    } else {
      response.body = R"({"scopes":[{"name":"span","tags":["a","b"]},{"name":"resource"},)"
                      R"({"name":"intrinsic","tags":["name"]}]})";
    }
    return response;
  });
  const auto client = Connect();

  EXPECT_EQ(client->Tags("{ .a = 1 &&").value(),
            (std::vector<ListedTag>{{"span", "a"}, {"span", "b"}, {"intrinsic", "name"}}));
  EXPECT_EQ(asked, "/tempo/api/v2/search/tags { .a = 1 &&");

  EXPECT_EQ(client->TagValues("span.\"my key\"", "{").value(),
            (std::vector<ListedValue>{{"string", "cart"}, {"int", "5"}}));
  EXPECT_EQ(asked, "/tempo/api/v2/search/tag/span.%22my%20key%22/values {");
}

TEST_F(TempoClientTest, ListsThatAreNoneAreErrors) {
  net::HttpResponse response;
  Start({}, [&response](const net::HttpRequest&) { return response; });
  const auto client = Connect();
  for (const auto& [status, body] :
       {std::pair(200, "null"), std::pair(200, R"({"scopes":5,"tagValues":5})"),
        std::pair(200, R"({"scopes":[{"tags":[5]}],"tagValues":{}})"), std::pair(404, "{}")}) {
    response.status = status;
    response.body = body;

    EXPECT_FALSE(client->Tags("{").has_value()) << body;
    EXPECT_FALSE(client->TagValues(".a", "{").has_value()) << body;
  }
}

TEST_F(TempoClientTest, ErrorsAreToldApart) {
  net::HttpResponse response;
  Start({}, [&response](const net::HttpRequest&) { return response; });
  const auto client = Connect();
  struct Case {
    int status;
    const char* content_type;
    const char* body;
    Code code;
    const char* message;
  };
  for (const Case& each :
       {Case{400, "text/plain; charset=utf-8", "wrong\n", Code::kInvalidArgument, "wrong"},
        Case{400, "application/json", "{}", Code::kUnknown, "status 400: {}"},
        Case{401, "text/plain", "no org id", Code::kUnauthenticated, "status 401: no org id"},
        Case{404, "text/plain", "404 page not found", Code::kFailedPrecondition,
             "status 404: it has no /api/search"},
        Case{503, "text/plain", "later", Code::kUnavailable, "status 503: later"},
        Case{500, "text/html", "<html>", Code::kUnknown, "status 500"}}) {
    response.status = each.status;
    response.content_type = each.content_type;
    response.body = each.body;

    const auto answer = client->Ask({.query = "{}"});

    ASSERT_FALSE(answer.has_value());
    EXPECT_EQ(answer.error().code, each.code) << each.status;
    EXPECT_TRUE(answer.error().message.ends_with(each.message)) << answer.error().message;
  }
}

}  // namespace
}  // namespace clew::api::client

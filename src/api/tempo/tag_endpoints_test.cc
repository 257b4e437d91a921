#include <gmock/gmock.h>

#include "api/tempo/tempo_api.h"
#include "api/test_fixture.h"
#include "expr/print.h"
#include "query/testing/fake_query_service.h"

namespace clew::api::tempo {
namespace {

using api::testing::ExpectGolden;
using api::testing::MakeRequest;
using model::Owner;
using model::ValueType;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class TagEndpointsTest : public ::testing::Test {
 protected:
  TagEndpointsTest() {
    query_.tags = {{Owner::kSpan, "http.method", 7},     {Owner::kSpan, "odd \"key\"", 1},
                   {Owner::kResource, "host", 2},        {Owner::kResource, "service.name", 9},
                   {Owner::kEvent, "exception.type", 1}, {Owner::kScope, "lib", 1}};
    query_.tag_values = {{ValueType::kString, "GET", 5},
                         {ValueType::kInt, "200", 3},
                         {ValueType::kDouble, "0.5", 2},
                         {ValueType::kBool, "true", 1},
                         {ValueType::kString, "200", 1}};
  }

  net::HttpResponse Get(std::string_view target, const std::string& accept = "") {
    net::HttpRequest request = MakeRequest(target);
    if (!accept.empty()) request.headers.Add("Accept", accept);
    return TempoApi(query_, options_, [] { return Status(); }).Handle(request).response;
  }
  /// The tag whose values the query service was asked for.
  std::string Asked(const std::string& tag) {
    query_.last_tag_values = {};
    const int status = Get("/api/v2/search/tag/" + tag + "/values").status;
    if (status != 200) return std::to_string(status);
    const expr::Reference& asked = query_.last_tag_values.tag;
    if (asked.field) return std::string(expr::InfoOf(*asked.field).name);
    return asked.key.empty() ? "nothing"
                             : std::to_string(static_cast<int>(asked.scope)) + " " + asked.key;
  }

  query::FakeQueryService query_;
  TempoOptions options_;
};

TEST_F(TagEndpointsTest, AnswerAsTheGoldenFilesSay) {
  struct Case {
    const char* file;
    const char* target;
    const char* accept = "";
  };
  const std::vector<Case> cases = {
      {"tags_v1", "/api/search/tags"},
      {"tags_v1_intrinsic", "/api/search/tags?scope=intrinsic"},
      {"tags_v1_span", "/api/search/tags?scope=span&limit=1", "application/json"},
      {"tags_v2", "/api/v2/search/tags?limit=5000"},
      {"tags_v2_none", "/api/v2/search/tags?scope=none&q=%7B%7D"},
      {"tags_v2_intrinsic", "/api/v2/search/tags?scope=intrinsic"},
      {"tags_v2_resource", "/api/v2/search/tags?scope=resource&limit=1"},
      {"tags_v2_trace", "/api/v2/search/tags?scope=trace"},
      {"tag_values_v1", "/api/search/tag/http.method/values"},
      {"tag_values_v2", "/api/v2/search/tag/span.http.method/values?limit=4"},
      {"tag_values_v2_llm", "/api/v2/search/tag/.x/values", "application/vnd.grafana.llm"},
      {"tag_values_v2_status", "/api/v2/search/tag/status/values"},
      {"tag_values_v2_kind", "/api/v2/search/tag/span%3Akind/values?q=%7B%7D"},
      {"tag_values_v2_id", "/api/v2/search/tag/trace:id/values"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.target);
    ExpectGolden(std::string("tempo/") + c.file + ".txt", Get(c.target, c.accept));
  }
}

TEST_F(TagEndpointsTest, KnowTraceQlIdentifiers) {
  EXPECT_EQ(Asked("span.http.url"), "0 http.url");
  EXPECT_EQ(Asked("resource.service.name"), "1 service.name");
  EXPECT_EQ(Asked("instrumentation.x"), "2 x");
  EXPECT_EQ(Asked("event.x"), "3 x");
  EXPECT_EQ(Asked("link.x"), "4 x");
  EXPECT_EQ(Asked(".foo"), "5 foo");
  EXPECT_EQ(Asked(".span.x"), "5 span.x");
  EXPECT_EQ(Asked("span.status"), "0 status");
  EXPECT_EQ(Asked("span.%22my%20key%22.x"), "0 my key.x");
  EXPECT_EQ(Asked("span.%22a%5C%22b%22"), "0 a\"b");
  EXPECT_EQ(Asked("span.a/b"), "0 a/b");
  EXPECT_EQ(Asked("name"), "span:name");
  EXPECT_EQ(Asked("span:name"), "span:name");
  EXPECT_EQ(Asked("statusMessage"), "span:statusMessage");
  EXPECT_EQ(Asked("event:name"), "event:name");
  EXPECT_EQ(Asked("instrumentation:version"), "scope:version");
  for (const char* without_values : {"duration", "span:id", "traceDuration", "kind", "status"}) {
    EXPECT_EQ(Asked(without_values), "nothing") << without_values;
  }
  for (const char* wrong : {"foo", "span.", "span.a%20b", "span.%22a", "parent.x", "trace.x",
                            "span:url", "span.%22a%5Cb%22", "span.a=1"}) {
    EXPECT_EQ(Asked(wrong), "400") << wrong;
    EXPECT_THAT(Get("/api/v2/search/tag/" + std::string(wrong) + "/values").body,
                StartsWith("please provide a valid tagName: "))
        << wrong;
  }
  EXPECT_EQ(Asked("rootName"), "span:name");
  EXPECT_EQ(Asked("trace:rootService"), "1 service.name");
  EXPECT_EQ(expr::Print(query_.last_tag_values.condition), "!(span:parentID exists)");
}

TEST_F(TagEndpointsTest, AskForTheTimeThatIsNamed) {
  EXPECT_EQ(Get("/api/v2/search/tags?start=5&end=7").status, 200);
  EXPECT_EQ(query_.last_tags.start_min, 5'000'000'000);
  EXPECT_EQ(query_.last_tags.start_max, 7'000'000'000);
  EXPECT_EQ(Get("/api/search/tag/x/values?end=99999999999999").status, 200);
  EXPECT_FALSE(query_.last_tag_values.start_min.has_value());
  EXPECT_EQ(query_.last_tag_values.start_max, 9'000'000'000'000'000'000);
}

TEST_F(TagEndpointsTest, AskForSpansThatTheQueryLetsThrough) {
  const auto of_names = [this](const std::string& parameters) {
    EXPECT_EQ(Get("/api/v2/search/tags?" + parameters).status, 200);
    return expr::Print(query_.last_tags.condition);
  };
  const auto of_values = [this](const std::string& target) {
    EXPECT_EQ(Get(target).status, 200);
    return expr::Print(query_.last_tag_values.condition);
  };
  EXPECT_EQ(of_names("q=%7Bname%3D%22x%22%7D"), "span:name = \"x\"");
  // Unfinished, as somebody types it, and what says nothing.
  EXPECT_EQ(of_names("q=%7Bname%3D%22x%22+%26%26+span."), "span:name = \"x\"");
  EXPECT_EQ(of_names("q=%7Bname%3D%22x%22+%26%26+.foo%3D%7D"), "span:name = \"x\"");
  EXPECT_EQ(of_names("q=rubbish"), "true");
  EXPECT_EQ(of_names("q=%7B%7D+%3E+%7Bname%3D%22x%22%7D"), "true");
  EXPECT_EQ(of_names(""), "true");
  EXPECT_EQ(
      of_names("q=%7Bspan.http.method%3Dnil%7D"),
      "!(span.http.method exists || span.http.request.method exists) || span.http.method is odd "
      "|| span.http.request.method is odd");
  EXPECT_EQ(of_names("q=%7Bspan.http.method%3Dnil%7D&semantic_conventions=false"),
            "!(span.http.method exists) || span.http.method is odd");

  const std::string query = "/values?q=%7Bspan.a%3Dnil+%26%26+name%3D%22x%22%7D";
  EXPECT_EQ(of_values("/api/v2/search/tag/span.b" + query),
            "(!(span.a exists) || span.a is odd) && span:name = \"x\"");
  EXPECT_EQ(of_values("/api/v2/search/tag/span.a" + query), "span:name = \"x\"");
  EXPECT_EQ(of_values("/api/v2/search/tag/name" + query), "!(span.a exists) || span.a is odd");
  EXPECT_EQ(of_values("/api/v2/search/tag/rootName" + query), "!(span:parentID exists)");
  EXPECT_EQ(of_values("/api/search/tag/a/values?q=%7B.a%3Dnil+%26%26+name%3D%22x%22%7D"),
            "span:name = \"x\"");
}

TEST_F(TagEndpointsTest, SayWhatIsWrong) {
  struct Case {
    const char* target;
    const char* message;
    const char* accept = "";
  };
  const std::vector<Case> cases = {
      {"/api/v2/search/tags?scope=process",
       "invalid scope: process, use resource, span, event, link, "
       "instrumentation, intrinsic, trace or none"},
      {"/api/search/tags?limit=-1", "invalid limit: "},
      {"/api/search/tags?maxStaleValues=x", "invalid maxStaleValues: "},
      {"/api/search/tags?start=2&end=1", "http parameter start must be before end"},
      {"/api/search/tags?start=x", "invalid start: "},
      {"/api/search/tags?semantic_conventions=0", "invalid semantic_conventions: "},
      {"/api/search/tags", "application/vnd.grafana.llm is not served here",
       "application/vnd.grafana.llm"},
      {"/api/v2/search/tags", "application/vnd.grafana.llm is not served here",
       "application/vnd.grafana.llm"},
  };
  for (const Case& c : cases) {
    const net::HttpResponse response = Get(c.target, c.accept);
    EXPECT_EQ(response.status, 400) << c.target;
    EXPECT_THAT(response.body, StartsWith(c.message)) << c.target;
  }
  query_.error = Error{Code::kDeadlineExceeded, "too slow"};
  EXPECT_EQ(Get("/api/v2/search/tags").status, 504);
  EXPECT_EQ(Get("/api/v2/search/tags?scope=intrinsic").status, 200) << "asks for nothing";
  query_.error.reset();
  options_.tenancy.is_enabled = true;
  EXPECT_EQ(Get("/api/search/tags").status, 401);
}

TEST_F(TagEndpointsTest, EndWhereTheyAreTooLong) {
  query_.tag_values.clear();
  for (int i = 0; i < 11; ++i) {
    query_.tag_values.push_back({ValueType::kString, std::string(100'000, char('a' + i)), 1});
  }
  const net::HttpResponse values = Get("/api/v2/search/tag/.x/values");
  EXPECT_EQ(values.status, 200);
  EXPECT_THAT(std::string(values.headers.Get("Warning")), HasSubstr("the list is cut"));
  query_.tag_values.pop_back();
  EXPECT_EQ(Get("/api/v2/search/tag/.x/values").headers.Get("Warning"), "");

  query_.tags.clear();
  for (int i = 0; i < 11; ++i) {
    query_.tags.push_back({Owner::kSpan, std::string(100'000, char('a' + i)), 1});
  }
  for (const char* target : {"/api/search/tags", "/api/v2/search/tags"}) {
    EXPECT_THAT(std::string(Get(target).headers.Get("Warning")), HasSubstr("the list is cut"));
  }
  net::HttpResponse tags = Get("/api/v2/search/tags");
  while (tags.next_piece) {
    const std::string piece = tags.next_piece().value();
    if (piece.empty()) break;
    tags.body += piece;
  }
  EXPECT_TRUE(tags.body.contains("\"traceDuration\"]")) << "intrinsics come whole";
}

}  // namespace
}  // namespace clew::api::tempo

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/tempo/tempo_api.h"
#include "api/test_fixture.h"
#include "expr/print.h"
#include "query/testing/fake_query_service.h"

namespace clew::api::tempo {
namespace {

using api::testing::ExpectGolden;
using api::testing::MakeRequest;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class SearchEndpointTest : public ::testing::Test {
 protected:
  net::HttpResponse Get(std::string_view target, const std::string& accept = "") {
    net::HttpRequest request = MakeRequest(target);
    if (!accept.empty()) request.headers.Add("Accept", accept);
    return TempoApi(query_, options_, [] { return Status(); }).Handle(request).response;
  }

  query::FakeQueryService query_;
  TempoOptions options_;
};

query::MatchedTrace Matched(const model::TraceData& trace, bool shows_names) {
  using model::Value;
  query::MatchedSpan span{.row = 0};
  span.attributes = {{"text", Value{std::string("a \"b\"\xff")}},
                     {"whole", Value{std::int64_t{-5}}},
                     {"real", Value{0.5}},
                     {"truth", Value{true}},
                     {"list", Value{Value::Array{Value{std::int64_t{1}}, Value{std::int64_t{2}}}}}};
  query::MatchedSet set{.span_count = 9, .spans = {span}};
  set.attributes = {{"by(.x)", Value{std::string("nil")}}, {"count()", Value{std::int64_t{9}}}};
  query::MatchedSet other{.span_count = 1, .spans = {{.row = 0}}};
  return {.spans = wire::otlp::testing::OwnColumns(trace),
          .sets = {std::move(set), std::move(other)},
          .shows_names = shows_names};
}

TEST_F(SearchEndpointTest, AnswersAsTheGoldenFilesSay) {
  ExpectGolden("tempo/search_nothing.txt", Get("/api/search"));
  query_.matched = {Matched(api::testing::SampleTrace(), true),
                    Matched(api::testing::PlainTrace(), false)};
  ExpectGolden("tempo/search.txt", Get("/api/search?q=%7B+name+%3D+%60x%60+%7D"));
  ExpectGolden("tempo/search_protobuf.txt",
               Get("/api/search?q=%7B+name+%3D+%60x%60+%7D", "application/protobuf"));
}

TEST_F(SearchEndpointTest, AsksWhatTheParametersSay) {
  EXPECT_EQ(Get("/api/search?q=%7B.a%3D1%7D&limit=7&spss=5&start=1&end=2").status, 200);
  EXPECT_EQ(query_.last_match.text, "{ .a = 1 }");
  EXPECT_EQ(query_.last_match.limit, 7u);
  EXPECT_EQ(query_.last_match.spans_per_set, 5u);
  EXPECT_EQ(query_.last_match_spans.start_min, 1'000'000'000);
  EXPECT_EQ(query_.last_match_spans.start_max, 2'000'000'000);

  EXPECT_EQ(Get("/api/search?tags=a%3Db&minDuration=1s").status, 200);
  EXPECT_EQ(query_.last_match.text, "{ .a = \"b\" && traceDuration >= 1s }");
}

TEST_F(SearchEndpointTest, FindsAttributesByTheNamesThatAreStatedWhenToldTo) {
  const std::string search = "/api/search?q=%7Bspan.http.method%3Dtrue%7D";
  EXPECT_EQ(Get(search).status, 200);
  EXPECT_THAT(expr::Print(query_.last_match_spans.condition),
              HasSubstr("span.http.request.method = true"));
  EXPECT_EQ(Get(search + "&semantic_conventions=false").status, 200);
  EXPECT_EQ(query_.last_match.text, "{ span.http.method = true } with(semantic_conventions=false)");
  EXPECT_FALSE(expr::Print(query_.last_match_spans.condition).contains("request"));
  EXPECT_EQ(Get(search + "&semantic_conventions=off").status, 400);
}

TEST_F(SearchEndpointTest, ExplainsInsteadOfAnswering) {
  const net::HttpResponse plan = Get("/api/search?q=%7B.a%3D1%7D&limit=7&explain=plan");
  EXPECT_EQ(plan.status, 200);
  EXPECT_EQ(plan.content_type, "text/plain; charset=utf-8");
  EXPECT_THAT(plan.body, HasSubstr("{ .a = 1 }"));
  EXPECT_THAT(plan.body, Not(HasSubstr(" rows in ")));
  EXPECT_EQ(query_.call_count, 0u) << "it is not run";

  EXPECT_THAT(Get("/api/search?q=%7B.a%3D1%7D&explain=run").body, HasSubstr("= 0 rows in "));
  EXPECT_EQ(query_.call_count, 1u);
  EXPECT_EQ(Get("/api/search?q=%7B%7D&explain=soon").status, 400);
  EXPECT_EQ(Get("/api/search?q=%7B&explain=plan").status, 400) << "nothing could be asked";
}

TEST_F(SearchEndpointTest, SaysWhatIsWrong) {
  const net::HttpResponse wrong = Get("/api/search?q=%7B");
  EXPECT_EQ(wrong.status, 400);
  EXPECT_THAT(wrong.body, StartsWith("invalid TraceQL query: parse error at line 1, col "));
  EXPECT_THAT(Get("/api/search?q=%7B+%22a%22+%7D").body,
              StartsWith("invalid TraceQL query: span filter field expressions must resolve to a "
                         "boolean"));
  EXPECT_THAT(Get("/api/search?q=%7B%7D+%7C+rate()").body, StartsWith("invalid TraceQL query: "));
  EXPECT_EQ(Get("/api/search?limit=20000").status, 400);
  EXPECT_THAT(Get("/api/search?q=%7B%7D", "application/vnd.grafana.llm").body,
              HasSubstr("accept application/json or application/protobuf"));
  query_.error = Error{Code::kDeadlineExceeded, "too slow"};
  EXPECT_EQ(Get("/api/search?q=%7B%7D").status, 504);
}

}  // namespace
}  // namespace clew::api::tempo

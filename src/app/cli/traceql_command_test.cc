#include <fmt/core.h>

#include <algorithm>
#include <string>
#include <utility>

#include "app/cli/commands.h"
#include "app/cli/test_screen.h"
#include "net/test_http.h"

namespace clew::app::cli {
namespace {

struct Outcome {
  int status = 0;
  std::string out;
  std::string err;
};

class TraceQlCommandTest : public net::testing::HttpTest {
 protected:
  /// Answers so, and keeps what was asked.
  void StartWith(std::string body, std::string content_type = "application/json",
                 int status = 200) {
    Start({}, [=, this](const net::HttpRequest& request) {
      path_ = request.path;
      query_ = std::string(request.Param("q").value_or(""));
      step_ = std::string(request.Param("step").value_or(""));
      net::HttpResponse response;
      response.status = status;
      response.content_type = content_type;
      response.body = body;
      return response;
    });
  }

  Outcome Ask(TraceQlOptions options) {
    options.server.url = fmt::format("http://127.0.0.1:{}", server_->port());
    const Screen screen;
    const int status = RunTraceQl(options, screen.terminal());
    return {.status = status, .out = screen.out(), .err = screen.err()};
  }

  std::string path_;
  std::string query_;
  std::string step_;
};

constexpr const char* kTraces =
    R"({"traces":[{"traceID":"f7651916cd43dd8448eb211c80319c","rootServiceName":"shop",)"
    R"("rootTraceName":"order","startTimeUnixNano":"1700000000000000000","durationMs":5,)"
    R"("spanSets":[{"spans":[{"spanID":"b7ad6b7169203331","name":"pay","durationNanos":"7"}],)"
    R"("matched":2}]}],"metrics":{}})";
constexpr const char* kSeries =
    R"({"series":[{"labels":[{"key":"service","value":{"stringValue":"cart"}}],)"
    R"("samples":[{"timestampMs":"1700000000000"},{"timestampMs":"1700000015000","value":2}]}]})";

TEST_F(TraceQlCommandTest, ASearchIsATableOfTracesWithTheNamesOfTheirSpans) {
  StartWith(kTraces);

  const Outcome found = Ask({.query = "{ .a = 1 } | select(.b)"});

  EXPECT_EQ(found.status, kExitDone) << found.err;
  EXPECT_EQ(path_, "/api/search");
  EXPECT_EQ(query_, "{ .a = 1 } | select(.b, name)");
  EXPECT_NE(found.out.find("00f7651916cd43dd8448eb211c80319c 2023-11-14 22:13:20      5ms       2 "
                           "shop order\n  · pay  7ns\n  · 1 more\n"),
            std::string::npos)
      << found.out;
}

TEST_F(TraceQlCommandTest, JsonIsTheAnswerToTheQueryAsItIs) {
  StartWith(kTraces);

  const Outcome found = Ask({.query = "{.a=1}", .output = "json"});

  EXPECT_EQ(query_, "{.a=1}");
  EXPECT_EQ(found.out, std::string(kTraces) + "\n");
}

TEST_F(TraceQlCommandTest, MetricsAreAChartOrATable) {
  StartWith(kSeries);

  const Outcome chart = Ask({.query = "{ } | rate() by (.service)", .step = "15s"});
  EXPECT_EQ(chart.status, kExitDone) << chart.err;
  EXPECT_EQ(path_, "/api/metrics/query_range");
  EXPECT_EQ(query_, "{ } | rate() by (.service)");
  EXPECT_EQ(step_, "15s");
  EXPECT_NE(chart.out.find("{service=\"cart\"}  min 0 · max 2 · last 2\n"), std::string::npos)
      << chart.out;
  EXPECT_NE(chart.out.find(" ┤"), std::string::npos);

  const Outcome table = Ask({.query = "{ } | rate() by (.service)", .output = "table"});
  EXPECT_NE(table.out.find("2023-11-14 22:13:35.000                 2\n"), std::string::npos)
      << table.out;
  EXPECT_EQ(Ask({.query = "{ } | rate()", .output = "json"}).out, std::string(kSeries) + "\n");
}

TEST_F(TraceQlCommandTest, OneValueForTheWholeTime) {
  StartWith(R"({"series":[{"labels":[{"key":"p","value":{"doubleValue":0.9}}],"value":3.5},)"
            R"({"labels":[{"key":"p","value":{"doubleValue":0.5}}]}]})");

  const Outcome values =
      Ask({.query = "{ } | quantile_over_time(duration, .9, .5)", .is_instant = true});

  EXPECT_EQ(path_, "/api/metrics/query");
  EXPECT_EQ(values.out, "VALUE  SERIES\n  3.5  {p=\"0.9\"}\n    0  {p=\"0.5\"}\n") << values.err;
}

TEST_F(TraceQlCommandTest, OfMoreSeriesThanAreDrawnTheNumberIsSaid) {
  StartWith(R"({"series":[{},{},{}],"status":"PARTIAL","message":"there are more"})");

  const Outcome drawn = Ask({.query = "{ } | rate()", .limit = 2});

  EXPECT_NE(drawn.out.find("· 2 series\n"), std::string::npos) << drawn.out;
  EXPECT_NE(drawn.err.find("there are more\n"), std::string::npos);
  EXPECT_NE(drawn.err.find("These are the first 2 of 3 series;"), std::string::npos) << drawn.err;
}

TEST_F(TraceQlCommandTest, NoFormDrawsMoreSeriesThanAsked) {
  StartWith(R"({"series":[{"value":1,"samples":[{"timestampMs":"1000","value":1}]},)"
            R"({"value":2,"samples":[{"timestampMs":"1000","value":2}]},)"
            R"({"value":3,"samples":[{"timestampMs":"1000","value":3}]}]})");
  const auto lines = [](const std::string& text) { return std::ranges::count(text, '\n'); };

  const Outcome table = Ask({.query = "{ } | rate()", .limit = 2, .output = "table"});
  EXPECT_TRUE(table.out.ends_with("  1   2\n")) << table.out;
  EXPECT_NE(table.err.find("These are the first 2 of 3 series;"), std::string::npos) << table.err;

  const Outcome values = Ask({.query = "{ } | rate()", .limit = 2, .is_instant = true});
  EXPECT_EQ(lines(values.out), 3) << values.out;
  EXPECT_NE(values.err.find("These are the first 2 of 3 series;"), std::string::npos);

  EXPECT_EQ(Ask({.query = "{ } | rate()", .limit = 3, .is_instant = true}).err, "");
}

TEST_F(TraceQlCommandTest, WhatIsLeftOutIsSaidOnce) {
  net::HttpResponse response;
  response.content_type = "application/json";
  response.headers.Add("Warning", "199 clew \"the answer is partial: block 1 is gone\"");
  Start({}, [&response](const net::HttpRequest&) { return response; });
  const auto said = [&](const char* query, const char* output, std::string body) {
    response.body = std::move(body);
    const std::string err = Ask({.query = query, .output = output}).err;
    std::size_t count = 0;
    for (std::size_t at = 0; (at = err.find("block 1 is gone", at)) != std::string::npos; ++at) {
      ++count;
    }
    return count;
  };
  const std::string series =
      R"({"series":[{}],"status":"PARTIAL","message":"the answer is partial: block 1 is gone"})";

  EXPECT_EQ(said("{ } | rate()", "", series), 1u);
  EXPECT_EQ(said("{ } | rate()", "table", series), 1u);
  EXPECT_EQ(said("{ } | rate()", "json", series), 1u);
  EXPECT_EQ(said("{ } | rate()", "", R"({"series":[{}]})"), 1u) << "of a server with no message";
  EXPECT_EQ(said("{ }", "", kTraces), 1u);
}

TEST_F(TraceQlCommandTest, AnExplanationIsPrinted) {
  StartWith("match traces\n= 1 rows \x1b[1m\n", "text/plain; charset=utf-8");

  const Outcome explained = Ask({.query = "{.a=1}", .explain = "run"});

  EXPECT_EQ(explained.status, kExitDone);
  EXPECT_EQ(explained.out, "match traces\n= 1 rows ?[1m\n");
  EXPECT_EQ(query_, "{.a=1}");
}

TEST_F(TraceQlCommandTest, WhatDoesNotExplainIsSaid) {
  StartWith(kTraces);

  const Outcome explained = Ask({.query = "{ }", .explain = "plan"});

  EXPECT_EQ(explained.status, kExitFailed);
  EXPECT_NE(explained.err.find("does not explain /api/search"), std::string::npos);
}

TEST_F(TraceQlCommandTest, AWrongQueryIsNotSent) {
  StartWith(kTraces);
  for (const auto& [query, message] :
       {std::pair("{ name = \"x\" && }",
                  "an attribute or (\n  { name = \"x\" && }\n                  ^\n"),
        std::pair("{ 1 + 1 }", "invalid TraceQL query: "),
        std::pair("{ } | rat()", "unknown identifier: rat\n  { } | rat()\n        ^\n")}) {
    const Outcome wrong = Ask({.query = query});

    EXPECT_EQ(wrong.status, kExitUsage);
    EXPECT_NE(wrong.err.find(message), std::string::npos) << wrong.err;
    EXPECT_EQ(path_, "") << query;
  }
}

TEST_F(TraceQlCommandTest, OptionsThatDoNotFitTheQueryAreRefused) {
  StartWith(kTraces);
  for (const TraceQlOptions& options :
       {TraceQlOptions{.query = "{ }", .step = "1s"},
        {.query = "{ }", .is_instant = true},
        {.query = "{ }", .output = "chart"},
        {.query = "{ } | rate()", .step = "soon"},
        {.query = "{ } | rate()", .step = "0s"},
        {.query = "{ } | rate()", .step = "1s", .is_instant = true},
        {.query = "{ }", .times = {.since = "soon", .from = {}, .to = {}}}}) {
    EXPECT_EQ(Ask(options).status, kExitUsage);
    EXPECT_EQ(path_, "");
  }
}

TEST_F(TraceQlCommandTest, AServerThatIsNoneIsNoWrongUsageAndDoesNotSteerTheTerminal) {
  net::HttpResponse response;
  Start({}, [&response](const net::HttpRequest&) { return response; });
  for (const auto& [status, body] :
       {std::pair(200, "null"), std::pair(200, "\x1b]0;pwned\x07\xff"),
        std::pair(200, R"({"traces":[{"traceID":"\u001b[31mzz"}],"series":5})"),
        std::pair(404, "no"), std::pair(500, "\x1b[31m evil")}) {
    response.status = status;
    response.body = body;
    for (const char* query : {"{ }", "{ } | rate()"}) {
      for (const char* output : {"", "json"}) {
        const Outcome outcome = Ask({.query = query, .output = output});

        EXPECT_EQ(outcome.status, kExitFailed) << body;
        EXPECT_EQ(outcome.out, "");
        EXPECT_TRUE(std::ranges::all_of(outcome.err, [](char byte) {
          return byte == '\n' || (byte >= 0x20 && byte != 0x7F);
        })) << outcome.err;
      }
    }
  }
}

TEST_F(TraceQlCommandTest, TheServersFaultWithTheQueryIsWrongUsage) {
  StartWith("limit 9 exceeds max limit 5\n", "text/plain", 400);

  const Outcome refused = Ask({.query = "{ }"});

  EXPECT_EQ(refused.status, kExitUsage);
  EXPECT_EQ(refused.err, "clew: limit 9 exceeds max limit 5\n");
}

TEST_F(TraceQlCommandTest, ThatNothingIsFoundIsSaid) {
  StartWith("{}");

  EXPECT_TRUE(Ask({.query = "{ }"}).err.starts_with("No such traces between "));
  const std::string no_series = Ask({.query = "{ } | rate()"}).err;
  EXPECT_TRUE(no_series.starts_with("No series between ")) << no_series;
  EXPECT_TRUE(no_series.contains("last 30 s")) << no_series;
}

}  // namespace
}  // namespace clew::app::cli

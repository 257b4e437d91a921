#include "app/cli/query_completion.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "app/cli/commands.h"
#include "app/cli/test_screen.h"
#include "net/test_http.h"

namespace clew::app::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string QueryIn(std::string_view line) {
  const auto typed = ReadTypedLine(line);
  return typed ? typed->query : "none";
}

TEST(TypedLine, IsAQueryInSingleQuotes) {
  EXPECT_EQ(QueryIn("clew query '{ .a"), "{ .a");
  EXPECT_EQ(QueryIn("clew query '"), "");
  EXPECT_EQ(QueryIn("/usr/bin/clew query --since 5m '{ .a = \"x y\" && "), "{ .a = \"x y\" && ");
  EXPECT_EQ(QueryIn("cd \"my dir\"; clew query --instant '{ "), "{ ");
  EXPECT_EQ(QueryIn("clew query --limit=5 '{"), "{");
  for (const char* line :
       {"", "clew", "clew query", "clew query ", "clew query {", "clew query \"{ .a",
        "clew query '{ }'", "clew query '{ }' ", "clew query x'{", "clew query --since '{",
        "clew search '{", "query '{", "echo clew'query '{"}) {
    EXPECT_EQ(QueryIn(line), "none") << line;
  }
}

TEST(TypedLine, NamesTheServer) {
  EXPECT_EQ(ReadTypedLine("clew query --tempo http://a:1 --tenant=t '{"),
            (TypedLine{.query = "{", .url = "http://a:1", .tenant = "t"}));
  EXPECT_EQ(ReadTypedLine("clew query '{"), (TypedLine{.query = "{", .url = {}, .tenant = {}}));
}

/// A server that knows these, and what it was asked for.
struct Tags {
  Completion Complete(std::string_view query) {
    return CompleteQuery(
        query, {.tags = [this](std::string_view asked_for) -> Result<std::vector<ListedTag>> {
                  asked = asked_for;
                  return tags;
                },
                .values = [this](std::string_view name,
                                 std::string_view asked_for) -> Result<std::vector<ListedValue>> {
                  asked = fmt::format("{}: {}", name, asked_for);
                  return values;
                }});
  }
  std::vector<std::string> Words(std::string_view query) { return Complete(query).words; }

  using ListedTag = api::client::ListedTag;
  using ListedValue = api::client::ListedValue;

  std::vector<ListedTag> tags = {{"resource", "service.name"},
                                 {"resource", "service.version"},
                                 {"span", "my key"},
                                 {"span", "http.route"},
                                 {"event", "type"},
                                 {"intrinsic", "status"},
                                 {"intrinsic", "span:status"}};
  std::vector<ListedValue> values = {
      {"string", "cart"}, {"string", "cash"}, {"string", "say \"x\""}, {"int", "5"}};
  std::string asked;
};

TEST(QueryCompletion, NamesOfAttributes) {
  Tags tags;
  EXPECT_THAT(tags.Words("{ "),
              ElementsAre("event.", "resource.", "span.", "span:status", "status"));
  EXPECT_THAT(tags.Words("{ s"), ElementsAre("span.", "span:status", "status"));
  EXPECT_THAT(tags.Words("{ resource.s"),
              ElementsAre("resource.service.name", "resource.service.version"));
  EXPECT_THAT(tags.Words("{ re"), ElementsAre("resource.service.name", "resource.service.version"));
  EXPECT_THAT(tags.Words("{ span."), ElementsAre("span.\"my key\"", "span.http.route"));
  EXPECT_THAT(tags.Words("{ .s"), ElementsAre(".service.name", ".service.version"));
  EXPECT_THAT(tags.Words("{ .t"), IsEmpty()) << "an event's is not found so";
  EXPECT_THAT(tags.Words("{ .x"), IsEmpty());
  EXPECT_EQ(tags.Complete("{ .b = 1 && span.").kept, "{ .b = 1 && ");
  EXPECT_EQ(tags.asked, "{ .b = 1 &&");
}

TEST(QueryCompletion, WhatIsTheOnlyOneGoesOnInSeveralWays) {
  Tags tags;
  EXPECT_THAT(tags.Words("{ resource.service.n"),
              ElementsAre("resource.service.name != ", "resource.service.name = "));
  EXPECT_THAT(tags.Words("{ } | by(ev"), ElementsAre("event.type)", "event.type, "));
  EXPECT_THAT(tags.Words("{ .a = \"car"), ElementsAre("\"cart\" &&", "\"cart\" }"));
}

TEST(QueryCompletion, Values) {
  Tags tags;
  EXPECT_THAT(tags.Words("{ .b = 1 && resource.service.name = "),
              ElementsAre("\"cart\"", "\"cash\"", "\"say \\\"x\\\"\"", "5"));
  EXPECT_EQ(tags.asked, "resource.service.name: { .b = 1 &&");
  EXPECT_THAT(tags.Words("{ .a = \"ca"), ElementsAre("\"cart\"", "\"cash\""));
  EXPECT_EQ(tags.Complete("{ .a = \"ca").kept, "{ .a = ");
  EXPECT_EQ(tags.Complete("{ .a =").kept, "{ .a = ");
  EXPECT_THAT(tags.Words("{ .a = \"cart\""), IsEmpty()) << "it is finished";
}

TEST(QueryCompletion, WhatDoesNotFitIntoALineOfSingleQuotesIsLeftOut) {
  Tags tags;
  tags.values = {{"string", "it's"}, {"string", "\x1b[31m"}, {"int", "\x1b"}, {"keyword", "a\nb"}};
  EXPECT_THAT(tags.Words("{ .a = "), ElementsAre("\"\\x1b[31m\" &&", "\"\\x1b[31m\" }"));
  EXPECT_THAT(tags.Words("{\n.a = "), IsEmpty());
}

class CompleteCommandTest : public net::testing::HttpTest {
 protected:
  static std::string Complete(const std::string& line) {
    const Screen screen;
    EXPECT_EQ(RunComplete({.line = line}, screen.terminal()), kExitDone);
    EXPECT_EQ(screen.err(), "");
    return screen.out();
  }
};

TEST_F(CompleteCommandTest, AsksTheServerOfTheLine) {
  std::string tenant;
  Start({}, [&tenant](const net::HttpRequest& request) {
    tenant = request.headers.Get("X-Scope-OrgID");
    net::HttpResponse response;
    response.body = R"({"tagValues":[{"type":"keyword","value":"ok"},)"
                    R"({"type":"keyword","value":"error"}]})";
    return response;
  });
  const std::string server = fmt::format("http://127.0.0.1:{}", server_->port());

  EXPECT_EQ(Complete("clew query --tempo " + server + " --tenant t '{ status = "),
            "{ status = \nerror\nok\n");
  EXPECT_EQ(tenant, "t");
  EXPECT_EQ(Complete("clew search --tempo " + server + " '{ status = "), "");
}

TEST_F(CompleteCommandTest, IsSilentWithoutAServerThatAnswers) {
  EXPECT_EQ(Complete("clew query --tempo http://127.0.0.1:1 '{ "), "");
  EXPECT_EQ(Complete("clew query --tempo ftp://x '{ "), "");
  Start({}, [](const net::HttpRequest&) {
    net::HttpResponse response;
    response.body = "\x1b]0;pwned\x07";
    return response;
  });
  EXPECT_EQ(Complete(fmt::format("clew query --tempo http://127.0.0.1:{} '{{ ", server_->port())),
            "");
}

}  // namespace
}  // namespace clew::app::cli

#include <fmt/core.h>

#include <string>

#include "app/cli/commands.h"
#include "app/cli/test_screen.h"
#include "net/test_http.h"

namespace clew::app::cli {
namespace {

class QueryCommandsTest : public net::testing::HttpTest {
 protected:
  ServerOptions server() const {
    return {.url = fmt::format("http://127.0.0.1:{}", server_->port()), .tenant = {}};
  }
};

TEST_F(QueryCommandsTest, AServerThatIsNoneIsNoWrongUsageAndDoesNotSteerTheTerminal) {
  net::HttpResponse response;
  Start({}, [&response](const net::HttpRequest&) { return response; });
  for (const auto& [status, body] :
       {std::pair(200, "null"), std::pair(200, "\x1b]0;pwned\x07\xff"),
        std::pair(200, R"({"summaries":[{"traceId":"\u001b[31mzz"}],"services":[5]})"),
        std::pair(400, "\x1b]0;pwned\x07\x1b[31m evil")}) {
    response.status = status;
    response.body = body;
    const Screen screen;
    SearchOptions search;
    search.server = server();
    if (status == 400) search.explain = "run";

    EXPECT_EQ(RunSearch(search, screen.terminal()), kExitFailed) << body;
    EXPECT_EQ(RunServices({.server = server()}, screen.terminal()), kExitFailed) << body;
    EXPECT_EQ(RunTrace({.server = server(), .id = "ab"}, screen.terminal()), kExitFailed) << body;
    for (const char byte : screen.err()) {
      EXPECT_TRUE(byte == '\n' || (byte >= 0x20 && byte != 0x7F)) << screen.err();
    }
  }
}

TEST_F(QueryCommandsTest, AServiceThatIsNotThereIsSaid) {
  Start({}, [](const net::HttpRequest&) {
    net::HttpResponse response;
    response.body = R"({"summaries":[],"services":["cart","checkout"]})";
    return response;
  });
  const auto search = [&](const std::string& service) {
    const Screen screen;
    SearchOptions options;
    options.server = server();
    options.service = service;
    EXPECT_EQ(RunSearch(options, screen.terminal()), kExitDone) << screen.err();
    return screen.err();
  };

  EXPECT_TRUE(search("chekout").starts_with(
      "There is no service \"chekout\" (did you mean \"checkout\"?).\nNo such traces between "));
  EXPECT_TRUE(search("payments").starts_with("There is no service \"payments\".\n"));
  EXPECT_TRUE(search("cart").starts_with("No such traces between "));
  EXPECT_TRUE(search("").starts_with("No such traces between "));
}

}  // namespace
}  // namespace clew::app::cli

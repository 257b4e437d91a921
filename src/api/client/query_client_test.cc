#include "api/client/query_client.h"

#include <fmt/format.h>

#include "net/test_http.h"

namespace clew::api::client {
namespace {

class QueryClientTest : public net::testing::HttpTest {
 protected:
  std::unique_ptr<QueryClient> Connect() {
    const std::string server = fmt::format("http://127.0.0.1:{}", server_->port());
    return *QueryClient::Create({.server = server, .tenant = ""});
  }
};

net::HttpResponse Answer(std::string body, const std::string& warning = "") {
  net::HttpResponse response;
  response.body = std::move(body);
  if (!warning.empty()) response.headers.Add("Warning", warning);
  return response;
}

TEST_F(QueryClientTest, WhatAnyAnswerLacksIsTold) {
  Start({}, [](const net::HttpRequest& request) {
    if (request.path == "/api/v3/services") {
      return Answer(R"({"services":["a","b","c"]})", R"(199 clew "block 1 is gone")");
    }
    const bool is_partial = request.Param("service") != "c";
    return Answer(R"({"operations":[]})", is_partial ? R"(199 clew "block 2 is gone")" : "");
  });
  const auto client = Connect();

  const auto services = client->Services();
  ASSERT_TRUE(services.has_value()) << services.error().message;
  EXPECT_EQ(client->left_out(), (std::vector<std::string>{"block 1 is gone"}));
  for (const std::string& service : *services) {
    ASSERT_TRUE(client->Operations(service).has_value());
  }
  EXPECT_EQ(client->left_out(), (std::vector<std::string>{"block 1 is gone", "block 2 is gone"}));
}

TEST_F(QueryClientTest, OnlyAQueryApiFindsFaultWithTheRequest) {
  std::string body;
  Start({}, [&body](const net::HttpRequest&) {
    net::HttpResponse response = Answer(body);
    response.status = 400;
    return response;
  });
  const auto client = Connect();
  for (const auto& [text, code] :
       {std::pair(R"({"error":{"message":"no such filter"}})", Code::kInvalidArgument),
        std::pair("bad request", Code::kUnknown)}) {
    body = text;
    const auto services = client->Services();

    ASSERT_FALSE(services.has_value());
    EXPECT_EQ(services.error().code, code) << text;
  }
}

TEST_F(QueryClientTest, WhatIsNotToldInWordsIsCounted) {
  Start({}, [](const net::HttpRequest& request) {
    return Answer(R"({"operations":[]})",
                  fmt::format(R"(199 clew "block {} is gone")", *request.Param("service")));
  });
  const auto client = Connect();

  for (int i = 0; i < 30; ++i) {
    ASSERT_TRUE(client->Operations(std::to_string(i % 25)).has_value());
  }

  const std::vector<std::string> texts = client->left_out();
  ASSERT_EQ(texts.size(), 21u);
  EXPECT_EQ(texts[19], "block 19 is gone");
  EXPECT_EQ(texts[20], "5 more faults like these");
}

}  // namespace
}  // namespace clew::api::client

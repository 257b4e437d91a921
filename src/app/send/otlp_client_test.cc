#include "app/send/otlp_client.h"

#include <gtest/gtest.h>

#include "base/url.h"

namespace clew::app::send {
namespace {

TEST(ProtocolFor, AUrlMeansHttpButForThePortOfGrpc) {
  for (const char* endpoint : {"http://host:4318", "https://host", "HTTP://host:80/v1/traces",
                               "http://user:word@host:14317/", "http://host/a:4317"}) {
    EXPECT_EQ(ProtocolFor(endpoint), Protocol::kHttp) << endpoint;
  }
  for (const char* endpoint : {"", "host:4318", "localhost:4317", "http://host:4317",
                               "https://host:4317/", "unix:/run/clew"}) {
    EXPECT_EQ(ProtocolFor(endpoint), Protocol::kGrpc) << endpoint;
  }
}

TEST(OtlpClient, RefusesQueriesAndFragments) {
  for (const char* endpoint : {"http://h:4318?x=1", "http://h:4318/v1/traces#a"}) {
    const auto client =
        OtlpClient::Create({.protocol = Protocol::kHttp, .endpoint = endpoint, .headers = {}});
    ASSERT_FALSE(client.has_value()) << endpoint;
    EXPECT_EQ(client.error().code, Code::kInvalidArgument);
    EXPECT_TRUE(client.error().message.contains(base::RedactUrl(endpoint)))
        << client.error().message;
  }
}

}  // namespace
}  // namespace clew::app::send

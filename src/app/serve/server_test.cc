#include "app/serve/server.h"

#include <gtest/gtest.h>

#include "net/http_client.h"

namespace clew::app::serve {
namespace {

TEST(Server, ABadConfigurationIsRefusedWithAllItsProblems) {
  pipeline::ConfigSources sources;
  sources.uris = {"yaml:receivers: {otpl: {}}", "yaml:exportres: {}"};
  Server server(sources);

  const Status status = server.Start();

  ASSERT_FALSE(status.has_value());
  EXPECT_NE(status.error().message.find("otpl"), std::string::npos) << status.error().message;
  EXPECT_NE(status.error().message.find("exportres"), std::string::npos) << status.error().message;
}

TEST(Server, FlushBeforeTheStartIsRefused) {
  Server server({});

  const Status status = server.Flush();

  ASSERT_FALSE(status.has_value());
  EXPECT_EQ(status.error().code, Code::kUnavailable);
}

TEST(Server, StopMayBeRequestedBeforeWaiting) {
  Server server({});

  server.RequestStop();

  EXPECT_TRUE(server.Wait().has_value());
}

}  // namespace
}  // namespace clew::app::serve

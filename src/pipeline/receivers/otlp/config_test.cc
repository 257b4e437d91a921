#include "pipeline/receivers/otlp/config.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "pipeline/testing/problem_lines.h"

namespace clew::pipeline::receivers::otlp {
namespace {

using pipeline::testing::Validate;

TEST(Config, NeedsAProtocol) {
  EXPECT_EQ(Validate(Config()),
            std::vector<std::string>{
                ": must specify at least one protocol when using the OTLP receiver"});
}

TEST(Config, DefaultsListenOnLocalhostOnly) {
  Config config;
  config.protocols.has_grpc = true;
  config.protocols.has_http = true;
  EXPECT_EQ(Validate(config), std::vector<std::string>{});
  EXPECT_EQ(config.protocols.grpc.endpoint, "localhost:4317");
  EXPECT_EQ(config.protocols.http.endpoint, "localhost:4318");
  EXPECT_FALSE(config.tenancy.enabled);
}

TEST(Config, ProblemsHaveTheirPath) {
  Config config;
  config.protocols.has_http = true;
  config.protocols.http.traces_url_path = "/v1/%zz";
  config.protocols.http.endpoint = "localhost";
  config.limits.limits.event_count_max = 0;
  config.limits.limits.entity_ref_count_max = 0;
  config.tenancy.header = "";

  EXPECT_EQ(
      Validate(config),
      (std::vector<std::string>{
          "protocols::http::endpoint: invalid endpoint \"localhost\": missing port in address, "
          "write host:port, such as \"localhost:4317\"",
          "protocols::http::traces_url_path: invalid HTTP URL path set for signal: "
          "\"/v1/%zz\"",
          "limits::max_events: must be greater than zero",
          "limits::max_entity_refs: must be greater than zero",
          "tenancy::header: \"\" is no name of a header, write one such as X-Scope-OrgID"}));
}

TEST(Config, ABodyMayNotUnpackToMoreThanTheLogIsReadBackWith) {
  Config config;
  config.protocols.has_http = config.protocols.has_grpc = true;
  config.protocols.http.max_request_body_size = (1u << 30) + 1;
  config.protocols.grpc.max_recv_msg_size_mib = 1025;

  EXPECT_EQ(
      Validate(config),
      (std::vector<std::string>{
          "protocols::grpc::max_recv_msg_size_mib: must be between 1 and 1024, or 0 for 4: 1025",
          "protocols::http::max_request_body_size: must be at most 1073741824: 1073741825"}));
  config.protocols.http.max_request_body_size = 1u << 30;
  config.protocols.grpc.max_recv_msg_size_mib = 1024;
  EXPECT_TRUE(Validate(config).empty());
  config.protocols.grpc.max_recv_msg_size_mib = -5;
  EXPECT_EQ(
      Validate(config),
      (std::vector<std::string>{
          "protocols::grpc::max_recv_msg_size_mib: must be between 1 and 1024, or 0 for 4: -5"}));
}

TEST(HttpSection, RelativePathsGetASlash) {
  HttpSection section;
  section.traces_url_path = "traces";
  EXPECT_EQ(section.PathOf(model::Signal::kTraces), "/traces");
}

}  // namespace
}  // namespace clew::pipeline::receivers::otlp

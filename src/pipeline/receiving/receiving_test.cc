#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "pipeline/receiving/limits.h"
#include "pipeline/receiving/request_context.h"
#include "pipeline/receiving/tenancy.h"
#include "pipeline/testing/problem_lines.h"

namespace clew::pipeline::receiving {
namespace {

using pipeline::testing::Validate;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

TEST(LimitsSection, NothingIsLimitedToNothing) {
  LimitsSection section;
  EXPECT_THAT(Validate(section), IsEmpty());
  section.limits.event_count_max = 0;
  section.limits.nesting_depth_max = 129;
  EXPECT_THAT(Validate(section), ElementsAre("max_events: must be greater than zero",
                                             "max_nesting_depth: must be between 1 and 128: 129"));
}

TEST(TenancySection, TheHeaderIsANameOfHttp) {
  for (const char* bad : {"", "a b", "a:b", "é", ":path"}) {
    TenancySection section;
    section.header = bad;
    EXPECT_THAT(Validate(section), ElementsAre("header: \"" + std::string(bad) +
                                               "\" is no name of a header, write one such as "
                                               "X-Scope-OrgID"));
  }
}

TEST(ContextOf, TwoTenantsAreNone) {
  TenancySection tenancy;
  net::HttpRequest http;
  http.headers.Add("X-Scope-OrgID", "acme");
  http.headers.Add("x-scope-orgid", "other");
  net::GrpcRequest grpc;
  grpc.metadata = {{"x-scope-orgid", "acme"}, {"x-scope-orgid", "other"}};
  EXPECT_TRUE(ContextOf(http, tenancy, false).has_value());
  EXPECT_TRUE(ContextOf(grpc, tenancy, false).has_value());
  tenancy.enabled = true;
  for (const auto& context : {ContextOf(http, tenancy, false), ContextOf(grpc, tenancy, false)}) {
    ASSERT_FALSE(context.has_value());
    EXPECT_EQ(context.error().code, Code::kInvalidArgument);
    EXPECT_TRUE(context.error().message.starts_with("header X-Scope-OrgID names 2 tenants"));
  }
}

TEST(ContextOf, HasTenantSenderAndMetadataOfBothProtocols) {
  TenancySection tenancy;
  tenancy.enabled = true;
  net::HttpRequest http;
  http.client_address = "10.0.0.1:99";
  http.headers.Add("x-scope-ORGID", "acme");
  http.headers.Add("X-Scope-OrgID", "acme:source=x");
  http.headers.Add("Via", "a");
  net::GrpcRequest grpc;
  grpc.client_address = http.client_address;
  for (const char* tenant : {"acme", "acme:source=x"})
    grpc.metadata.emplace("x-scope-orgid", tenant);
  grpc.metadata.emplace("via", "a");

  for (const Result<Context>& context :
       {ContextOf(http, tenancy, true), ContextOf(grpc, tenancy, true)}) {
    ASSERT_TRUE(context.has_value());
    EXPECT_EQ(context->tenant.name(), "acme");
    EXPECT_EQ(context->client_address, "10.0.0.1:99");
    EXPECT_THAT(context->metadata,
                UnorderedElementsAre(Pair("via", ElementsAre("a")),
                                     Pair("x-scope-orgid", ElementsAre("acme", "acme:source=x"))));
  }
  EXPECT_THAT(ContextOf(http, tenancy, false)->metadata, IsEmpty());
  EXPECT_THAT(ContextOf(grpc, tenancy, false)->metadata, IsEmpty());
  EXPECT_EQ(ContextOf(net::GrpcRequest(), tenancy, false).error().code, Code::kUnauthenticated);
}

}  // namespace
}  // namespace clew::pipeline::receiving

#include "base/tenant_header.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace clew::base {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
using Values = std::vector<std::string_view>;

Result<TenantId> Read(const Values& values) { return ReadTenantHeader("X-Scope-OrgID", values); }

TEST(ReadTenantHeader, TakesOneTenantHoweverOftenItIsNamed) {
  for (const Values& values :
       {Values{"a"}, Values{"a:source=x"}, Values{"a|a"}, Values{"a:source=x|a"}, Values{"a", "a"},
        Values{"a:source=x", "a:source=y"}, Values{"a:source=x", "a"}, Values{"a", "a|a:b"}}) {
    const auto tenant = Read(values);
    ASSERT_TRUE(tenant.has_value()) << values.front() << ": " << tenant.error().message;
    EXPECT_EQ(tenant->name(), "a");
  }
}

TEST(ReadTenantHeader, RefusesSeveralTenants) {
  for (const Values& values : {Values{"a|b"}, Values{"a", "b"}, Values{"a:x", "a|b:x"}}) {
    const auto tenant = Read(values);
    ASSERT_FALSE(tenant.has_value()) << values.front();
    EXPECT_EQ(tenant.error().code, Code::kInvalidArgument);
    EXPECT_EQ(tenant.error().message, "header X-Scope-OrgID names 2 tenants: name one at a time");
  }
}

TEST(ReadTenantsHeader, TakesSeveralEachOnceInOrder) {
  const std::string_view values[] = {"b:source=x|a", "b|c.d"};
  const auto tenants = ReadTenantsHeader("X-Scope-OrgID", values);
  ASSERT_TRUE(tenants.has_value()) << tenants.error().message;
  std::vector<std::string> names;
  for (const TenantId& tenant : *tenants) names.emplace_back(tenant.name());
  EXPECT_EQ(names, (std::vector<std::string>{"a", "b", "c.d"}));
  const std::string_view bad[] = {"a|b/c"};
  EXPECT_EQ(ReadTenantsHeader("X-Scope-OrgID", bad).error().code, Code::kInvalidArgument);
}

TEST(ReadTenantHeader, RefusesWhatIsNoTenant) {
  for (const Values& values : {Values{"a b"}, Values{".."}, Values{"|"}, Values{":x"}, Values{"a|"},
                               Values{"a", ""}, Values{"", "a"}, Values{"a/b"}}) {
    const auto tenant = Read(values);
    ASSERT_FALSE(tenant.has_value()) << values.front();
    EXPECT_EQ(tenant.error().code, Code::kInvalidArgument);
    EXPECT_THAT(tenant.error().message, HasSubstr("is no tenant id"));
  }
}

TEST(ReadTenantHeader, RefusesNone) {
  for (const Values& values : {Values{}, Values{""}, Values{"", ""}}) {
    const auto tenant = Read(values);
    ASSERT_FALSE(tenant.has_value());
    EXPECT_EQ(tenant.error().code, Code::kUnauthenticated);
    EXPECT_THAT(tenant.error().message, StartsWith("no org id"));
  }
}

}  // namespace
}  // namespace clew::base

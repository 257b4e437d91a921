#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>

#include "storage/storage.h"
#include "storage/testing/test_store.h"

/// Many tenants in one store.
namespace clew::storage {
namespace {

using ::testing::HasSubstr;
using testing::kOther;
using testing::OneSpan;
using testing::TestStore;

TEST(Tenants, OneTooManyIsRefusedAndRoomComesBack) {
  StorageOptions options;
  options.tenants_max = 1;
  TestStore store(options);
  ASSERT_TRUE(store.Append(OneSpan(0)).has_value());

  const Status refused = store.Append(OneSpan(1), kOther);

  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, Code::kResourceExhausted);
  EXPECT_TRUE(refused.error().retry_after.has_value());
  EXPECT_THAT(refused.error().message, HasSubstr("tenants_max"));
  EXPECT_EQ(store.metrics.Sum("clew_storage_refused_spans"), 1);
  EXPECT_TRUE(store.Append(OneSpan(2)).has_value());
  store.Restart();
  EXPECT_FALSE(store.Append(OneSpan(1), kOther).has_value());

  store.options.retention.bytes = 1;
  store.Restart();
  ASSERT_TRUE(store.storage().Flush().has_value());
  ASSERT_TRUE(store.storage().Maintain().has_value());
  ASSERT_TRUE(store.storage().Maintain().has_value());
  EXPECT_TRUE(store.Append(OneSpan(1), kOther).has_value());
}

// For the sanitizers.
TEST(Tenants, AreCountedWhileOthersCome) {
  constexpr int kCount = 200;
  TestStore store;
  std::atomic<bool> is_done = false;
  const std::jthread counting([&] {
    while (!is_done) EXPECT_LE(store.storage().facts().fresh_span_count, std::uint64_t{kCount});
  });
  for (int i = 0; i < kCount; ++i) {
    const auto tenant = TenantId::Parse("t" + std::to_string(i));
    EXPECT_TRUE(store.Append(OneSpan(i), *tenant).has_value());
  }
  is_done = true;
}

TEST(Tenants, EachIsFoundHoweverManyCameSince) {
  constexpr int kCount = 200;
  TestStore store;
  const auto tenant = [](int number) { return *TenantId::Parse("t" + std::to_string(number)); };
  for (int i = 0; i < kCount; ++i) {
    ASSERT_TRUE(store.Append(OneSpan(i), tenant(i)).has_value());
    ASSERT_EQ(store.SpanCount(tenant(i)), 1u) << i;
    ASSERT_EQ(store.storage().facts().fresh_span_count, static_cast<unsigned>(i + 1));
  }

  for (int i = 0; i < kCount; ++i) EXPECT_EQ(store.SpanCount(tenant(i)), 1u) << i;
}

TEST(Tenants, MoreThanMayBeAreReadAllTheSame) {
  TestStore store;
  const auto tenant = [](int number) { return *TenantId::Parse("t" + std::to_string(number)); };
  for (int i = 0; i < 10; ++i) store.AppendBlock(i, tenant(i));
  store.options.tenants_max = 3;

  ::testing::internal::CaptureStderr();
  store.Restart();
  const std::string log = ::testing::internal::GetCapturedStderr();

  EXPECT_THAT(log, HasSubstr("tenants=10 tenants_max=3"));
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(store.SpanCount(tenant(i)), 1u);
    EXPECT_TRUE(store.Append(OneSpan(i + 10), tenant(i)).has_value());
  }
  EXPECT_EQ(store.Append(OneSpan(0), kOther).error().code, Code::kResourceExhausted);
}

TEST(Tenants, SmallOnesAreSealedAFewAtOnce) {
  TestStore store;
  store.options.maintenance_interval = std::chrono::hours(1);  // only as called for below
  store.Restart();
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(store.Append(OneSpan(i), *TenantId::Parse("t" + std::to_string(i))).has_value());
  }
  store.clock.Advance(std::chrono::minutes(6));

  ASSERT_TRUE(store.storage().Maintain().has_value());
  EXPECT_EQ(store.storage().facts().block_count, 32u);
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(store.storage().Maintain().has_value());

  EXPECT_EQ(store.storage().facts().block_count, 100u);
}

TEST(Tenants, ThoseThatWaitLongestAreSealedFirst) {
  TestStore store;
  store.options.maintenance_interval = std::chrono::hours(1);  // only as called for below
  store.options.retention.age = Nanos(0);
  store.Restart();
  const TenantId last = *TenantId::Parse("z");
  ASSERT_TRUE(store.Append(OneSpan(0), last).has_value());
  store.clock.Advance(std::chrono::minutes(5));
  // More are due, and again after each round, than a round takes; all of them come before by name.
  for (int i = 0; i < 64; ++i) {
    ASSERT_TRUE(store.Append(OneSpan(i), *TenantId::Parse("t" + std::to_string(i))).has_value());
  }
  store.clock.Advance(std::chrono::minutes(6));

  ASSERT_TRUE(store.storage().Maintain().has_value());

  EXPECT_EQ(store.storage().facts().block_count, 32u);
  EXPECT_EQ(store.objects.List("blocks/z/")->size(), 1u);
}

}  // namespace
}  // namespace clew::storage

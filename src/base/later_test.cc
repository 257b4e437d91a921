#include "base/later.h"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/vocabulary.h"

namespace clew::base {
namespace {

Later<Result<int>> Half(int number) {
  if (number % 2 != 0) return InvalidArgument("{} is odd", number);
  return number / 2;
}

TEST(Later, GivesAtOnceWhatIsReturned) {
  Later<Result<int>> half = Half(4);
  ASSERT_NE(half.now(), nullptr);
  EXPECT_EQ(**half.now(), 2);
  EXPECT_EQ(std::move(half).Wait().value(), 2);
  EXPECT_EQ(Half(3).Wait().error().message, "3 is odd");
}

TEST(Later, IsWhatAFunctionOfAPlainValueConvertsTo) {
  const std::function<Later<std::string>(int)> text = [](int number) {
    return std::to_string(number);
  };
  EXPECT_EQ(text(5).Wait(), "5");
}

TEST(Later, CallsWhoAwaitsItWhenThePromiseIsKept) {
  auto [later, promise] = Later<int>::Promised();
  EXPECT_EQ(later.now(), nullptr);
  std::vector<int> taken;
  std::move(later).Then([&](int value) { taken.push_back(value); });
  EXPECT_TRUE(taken.empty());
  promise.Keep(7);
  EXPECT_EQ(taken, std::vector{7});
}

TEST(Later, CallsWhoComesAfterThePromiseWasKept) {
  auto [later, promise] = Later<int>::Promised();
  promise.Keep(7);
  int taken = 0;
  std::move(later).Then([&](int value) { taken = value; });
  EXPECT_EQ(taken, 7);
}

TEST(Later, MapsWhatIsThereAndWhatComes) {
  const auto twice = [](int value) { return std::to_string(2 * value); };
  Later<int> there = 4;
  EXPECT_EQ(std::move(there).MapBy(twice).Wait(), "8");
  auto [later, promise] = Later<int>::Promised();
  Later<std::string> mapped = std::move(later).MapBy(twice);
  promise.Keep(5);
  EXPECT_EQ(std::move(mapped).Wait(), "10");
}

TEST(LaterDeathTest, APromiseMustBeKept) {
  EXPECT_DEATH({ auto promised = Later<int>::Promised(); }, "");
}

TEST(Later, LetsGoOfWhatItWasAwaitedWithOnceThatWasCalled) {
  auto [later, promise] = Later<int>::Promised();
  auto held = std::make_shared<int>(1);
  std::move(later).Then([held](int) {});
  EXPECT_EQ(held.use_count(), 2);
  promise.Keep(1);
  EXPECT_EQ(held.use_count(), 1);
}

TEST(Later, WaitsForAnotherThread) {
  for (int i = 0; i < 200; ++i) {
    auto [later, promise] = Later<int>::Promised();
    std::jthread keeper([&] { promise.Keep(i); });
    EXPECT_EQ(std::move(later).Wait(), i);
  }
}

}  // namespace
}  // namespace clew::base

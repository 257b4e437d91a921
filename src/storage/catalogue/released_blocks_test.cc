#include "storage/catalogue/released_blocks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>

namespace clew::storage {
namespace {

TEST(ReleasedBlocks, WhoTakesIsWokenOnceUntilThen) {
  int woken_count = 0;
  const auto released = std::make_shared<ReleasedBlocks>([&] { ++woken_count; });
  const std::function<void()> add_a = ReleasedBlocks::AdderOf(released, "a");
  const std::function<void()> add_b = ReleasedBlocks::AdderOf(released, "b");
  const std::function<void()> add_c = ReleasedBlocks::AdderOf(released, "c");
  EXPECT_TRUE(released->Take().empty());

  add_a();
  add_b();
  EXPECT_EQ(woken_count, 1);
  EXPECT_THAT(released->Take(), ::testing::ElementsAre("a", "b"));
  add_c();
  EXPECT_EQ(woken_count, 2);

  released->Close();
  EXPECT_THAT(released->Take(), ::testing::ElementsAre("c"));
  ReleasedBlocks::AdderOf(released, "d")();
  EXPECT_EQ(woken_count, 2);
}

}  // namespace
}  // namespace clew::storage

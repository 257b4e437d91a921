#include "log/holds.h"

#include <gtest/gtest.h>

#include <memory>

namespace clew::log {
namespace {

TEST(Holds, TheLowestDecidesTheWatermark) {
  Holds holds;
  EXPECT_EQ(holds.Watermark({100}), Position{100});
  HoldPtr second = holds.At({20});
  HoldPtr first = holds.At({10});
  const HoldPtr same = holds.At({20});
  EXPECT_EQ(holds.Watermark({100}), Position{10});

  first.reset();
  EXPECT_EQ(holds.Watermark({100}), Position{20});
  second.reset();
  EXPECT_EQ(holds.Watermark({100}), Position{20});

  same->MoveTo({50});
  EXPECT_EQ(same->position(), Position{50});
  EXPECT_EQ(holds.Watermark({100}), Position{50});
  // What is held behind what was read does not carry the watermark past it.
  EXPECT_EQ(holds.Watermark({30}), Position{30});
}

TEST(Holds, AHoldMayOutliveThem) {
  auto holds = std::make_unique<Holds>();
  const HoldPtr hold = holds->At({1});
  holds.reset();

  hold->MoveTo({2});

  EXPECT_EQ(hold->position(), Position{2});
}

}  // namespace
}  // namespace clew::log

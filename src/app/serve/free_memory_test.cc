#include "app/serve/free_memory.h"

#include <gtest/gtest.h>

namespace clew::app::serve {
namespace {

constexpr std::uint64_t kMuch = 4 * FreeMemory::kWorthwhileBytes;
constexpr std::uint64_t kStuck = FreeMemory::kWorthwhileBytes * 2;

struct Machine {
  std::uint64_t free = 0;
  std::uint64_t stuck = 0;
  int releases = 0;
  FreeMemory memory{[this] { return free; },
                    [this] {
                      ++releases;
                      free = std::min(free, stuck);
                    }};

  void LookAll() {
    for (int i = 0; i < FreeMemory::kLookCount; ++i) memory.Look();
  }
};

TEST(FreeMemory, WhatNobodyNeedsForAWhileIsGivenBackOnce) {
  Machine machine{.free = kMuch};
  for (int i = 1; i < FreeMemory::kLookCount; ++i) machine.memory.Look();
  EXPECT_EQ(machine.releases, 0);

  machine.memory.Look();
  machine.LookAll();

  EXPECT_EQ(machine.releases, 1);
  EXPECT_EQ(machine.free, 0u);
}

TEST(FreeMemory, WhatIsUsedMeanwhileIsKept) {
  Machine machine{.free = kMuch};
  for (int i = 0; i < 10 * FreeMemory::kLookCount; ++i) {
    machine.free = i % FreeMemory::kLookCount == 1 ? 0 : kMuch;
    machine.memory.Look();
  }

  EXPECT_EQ(machine.releases, 0);
}

TEST(FreeMemory, WhatCannotBeGivenBackIsNotTriedAgain) {
  Machine machine{.free = kMuch, .stuck = kStuck};
  machine.LookAll();
  machine.LookAll();
  EXPECT_EQ(machine.releases, 1);

  machine.free = kMuch;
  machine.LookAll();

  EXPECT_EQ(machine.releases, 2);
}

}  // namespace
}  // namespace clew::app::serve

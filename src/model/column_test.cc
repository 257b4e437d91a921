#include "model/column.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <random>
#include <thread>
#include <utility>
#include <vector>

namespace clew::model {
namespace {

using Numbers = Column<std::int64_t>;

TEST(Column, CopiesShareUntilOneIsEdited) {
  Numbers a{1, 2, 3};
  Numbers b = a;
  EXPECT_EQ(a.data(), b.data());

  b.Set(1, 20);

  EXPECT_NE(a.data(), b.data());
  EXPECT_EQ(a, (Numbers{1, 2, 3}));
  EXPECT_EQ(b, (Numbers{1, 20, 3}));
}

TEST(Column, TheLastOwnerEditsInPlace) {
  Numbers a{1, 2, 3};
  const std::int64_t* const values = a.data();
  {
    const Numbers b = a;
    EXPECT_EQ(b.data(), values);
  }

  a.Set(0, 10);
  EXPECT_EQ(a.data(), values);
  Numbers b = a;
  a = Numbers();
  b.Set(2, 30);

  EXPECT_EQ(b.data(), values);
  EXPECT_EQ(b, (Numbers{10, 2, 30}));
}

TEST(Column, AnOriginalAppendsInPlaceWhatItsCopiesDoNotSee) {
  Numbers a;
  a.reserve(4);
  a.push_back(1);
  Numbers b = a;

  a.push_back(2);
  b.push_back(3);

  EXPECT_EQ(a, (Numbers{1, 2}));
  EXPECT_EQ(b, (Numbers{1, 3}));
}

TEST(Column, WhatIsCutOffIsNotOverwrittenForOthers) {
  Numbers a{1, 2, 3};
  const Numbers b = a;

  a.resize(1);
  a.push_back(20);
  a.push_back(30);

  EXPECT_EQ(a, (Numbers{1, 20, 30}));
  EXPECT_EQ(b, (Numbers{1, 2, 3}));
}

TEST(Column, ValuesThatResizeAddsAreZero) {
  Numbers a{1, 2, 3};
  a.resize(1);
  a.resize(3);
  EXPECT_EQ(a, (Numbers{1, 0, 0}));
}

TEST(Column, AppendsItsOwnValue) {
  Numbers a{1};
  for (int i = 0; i < 100; ++i) a.push_back(a.front());
  EXPECT_EQ(a.size(), 101u);
  EXPECT_EQ(a.back(), 1);
}

TEST(Column, SaysHowMuchMemoryItHolds) {
  Numbers a;
  EXPECT_EQ(a.heap_size(), 0u);
  a.reserve(100);
  EXPECT_GE(a.heap_size(), 100 * sizeof(std::int64_t));

  a.push_back(1);
  const Numbers b = a;

  // Also when the one that made the room is gone.
  EXPECT_EQ(b.heap_size(), a.heap_size());
}

// Whatever is done to one of several columns, each says what a vector of its own would say.
TEST(Column, BehavesAsAVectorOfItsOwn) {
  std::mt19937_64 random(1);
  const auto below = [&](std::size_t end) {
    return std::uniform_int_distribution<std::size_t>(0, end - 1)(random);
  };
  std::array<Numbers, 4> columns;
  std::array<std::vector<std::int64_t>, 4> vectors;
  for (int step = 0; step < 100'000; ++step) {
    const std::size_t i = below(4);
    const std::size_t other = below(4);
    const auto value = static_cast<std::int64_t>(random());
    switch (below(8)) {
      case 0:
        columns[i] = columns[other];
        vectors[i] = vectors[other];
        break;
      case 1:
        if (i == other) break;
        columns[i] = std::move(columns[other]);
        vectors[i] = vectors[other];
        columns[other] = Numbers();
        vectors[other].clear();
        break;
      case 2: {
        if (vectors[i].empty()) break;
        const std::size_t row = below(vectors[i].size());
        columns[i].Set(row, value);
        vectors[i][row] = value;
        break;
      }
      case 3: {
        const std::size_t count = below(20);
        columns[i].resize(count);
        vectors[i].resize(count);
        break;
      }
      case 4:
        columns[i].reserve(below(40));
        break;
      case 5: {
        const std::vector<std::int64_t> more(below(5), value);
        columns[i].Append(more);
        vectors[i].insert(vectors[i].end(), more.begin(), more.end());
        break;
      }
      default:
        columns[i].push_back(value);
        vectors[i].push_back(value);
    }
    for (std::size_t k = 0; k < columns.size(); ++k) {
      ASSERT_TRUE(std::ranges::equal(columns[k], vectors[k])) << "step " << step;
    }
  }
}

// For the thread sanitizer: copies are edited, read and dropped while others do the same.
TEST(Column, CopiesAreIndependentOnTheirThreads) {
  Numbers original(std::vector<std::int64_t>(1'000, 7));
  std::vector<std::thread> threads;
  for (std::int64_t thread = 0; thread < 4; ++thread) {
    threads.emplace_back([copy = original, thread] {
      for (std::int64_t i = 0; i < 1'000; ++i) {
        Numbers mine = copy;
        EXPECT_EQ(mine[static_cast<std::size_t>(i)], 7);
        mine.Set(static_cast<std::size_t>(i), thread);
        mine.push_back(i);
        EXPECT_EQ(mine[static_cast<std::size_t>(i)], thread);
      }
    });
  }
  for (std::int64_t i = 0; i < 1'000; ++i) original.push_back(i);
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(original.size(), 2'000u);
  EXPECT_EQ(original[999], 7);
}

}  // namespace
}  // namespace clew::model

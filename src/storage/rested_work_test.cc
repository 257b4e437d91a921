#include "storage/rested_work.h"

#include <gtest/gtest.h>

#include <chrono>

namespace clew::storage {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

TEST(RestedWork, RestsSoManyTimesAsLongAsItTook) {
  RestedWork work(5, minutes(10));
  EXPECT_TRUE(work.IsDue(Nanos(0)));
  work.WasDone(seconds(100), seconds(102));
  EXPECT_FALSE(work.IsDue(seconds(111)));
  EXPECT_TRUE(work.IsDue(seconds(112)));
}

TEST(RestedWork, RestsNoLongerThanAllowedWhenTheProcessStoodStill) {
  RestedWork work(50, minutes(10));
  work.WasDone(seconds(0), std::chrono::hours(24));
  EXPECT_FALSE(work.IsDue(std::chrono::hours(24) + minutes(9)));
  EXPECT_TRUE(work.IsDue(std::chrono::hours(24) + minutes(10)));
}

}  // namespace
}  // namespace clew::storage

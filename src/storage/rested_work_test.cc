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

TEST(RestedWork, RestsNoLongerThanAllowed) {
  RestedWork work(50, minutes(10));
  work.WasDone(seconds(0), seconds(59));
  EXPECT_FALSE(work.IsDue(seconds(59) + minutes(9)));
  EXPECT_TRUE(work.IsDue(seconds(59) + minutes(10)));
}

TEST(RestedWork, HasRestedWhenTheProcessStoodStill) {
  RestedWork work(50, minutes(10));
  work.WasDone(seconds(0), std::chrono::hours(24));
  EXPECT_TRUE(work.IsDue(std::chrono::hours(24)));
}

}  // namespace
}  // namespace clew::storage

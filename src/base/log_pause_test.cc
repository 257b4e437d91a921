#include "base/log_pause.h"

#include <gtest/gtest.h>

namespace clew::base {
namespace {

using std::chrono::seconds;

TEST(LogPause, LetsOneThroughInAWhile) {
  LogPause pause(seconds(60));

  EXPECT_TRUE(pause.MayLog(seconds(-5)));
  EXPECT_FALSE(pause.MayLog(seconds(-5)));
  EXPECT_FALSE(pause.MayLog(seconds(54)));
  EXPECT_TRUE(pause.MayLog(seconds(55)));
  EXPECT_FALSE(pause.MayLog(seconds(100)));
}

}  // namespace
}  // namespace clew::base

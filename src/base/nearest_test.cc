#include "base/nearest.h"

#include <gtest/gtest.h>

namespace clew::base {
namespace {

TEST(DidYouMean, NamesTheNearest) {
  const std::vector<std::string> known = {"timeout", "send_batch_size", "send_batch_max_size"};
  EXPECT_EQ(DidYouMean("timeot", known), " (did you mean \"timeout\"?)");
  EXPECT_EQ(DidYouMean("Timeout", known), " (did you mean \"timeout\"?)");
  EXPECT_EQ(DidYouMean("tiemout", known), " (did you mean \"timeout\"?)");
  EXPECT_EQ(DidYouMean("send_batch_sizes", known), " (did you mean \"send_batch_size\"?)");
  EXPECT_EQ(DidYouMean("quux", known), "");
  EXPECT_EQ(DidYouMean("x", {}), "");
}

}  // namespace
}  // namespace clew::base

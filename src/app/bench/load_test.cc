#include "app/bench/load.h"

#include <gtest/gtest.h>

#include "base/testing/no_threads.h"

namespace clew::app::bench {
namespace {

TEST(SendLoad, WithoutThreadsIsAnError) {
  const base::testing::NoThreads no_threads;

  const auto sent = SendLoad({.endpoint = "localhost:1", .span_count = 1});

  ASSERT_FALSE(sent.has_value());
  EXPECT_EQ(sent.error().code, Code::kResourceExhausted);
}

}  // namespace
}  // namespace clew::app::bench

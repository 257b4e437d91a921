#include "query/query_context.h"

#include <gtest/gtest.h>

namespace clew::query {
namespace {

TEST(LeftOut, NamesEachTextOnceAndCountsWhatIsTooMany) {
  LeftOut left_out;
  EXPECT_TRUE(left_out.empty());
  for (std::size_t i = 0; i < LeftOut::kTextsMax + 3; ++i) {
    left_out.Add("block " + std::to_string(i));
    left_out.Add("block 0");
  }
  const std::vector<std::string> texts = left_out.Texts();
  ASSERT_EQ(texts.size(), LeftOut::kTextsMax + 1);
  EXPECT_EQ(texts.front(), "block 0");
  EXPECT_EQ(texts.back(), "3 more faults like these");
}

TEST(QueryContext, EndsByItsDeadlineOrWhenNobodyWaits) {
  EXPECT_TRUE(QueryContext{}.Check().has_value());

  const QueryContext late{.deadline = std::chrono::steady_clock::now()};
  EXPECT_EQ(late.Check().error().code, Code::kDeadlineExceeded);

  std::stop_source client;
  const QueryContext left{.stop = client.get_token()};
  EXPECT_TRUE(left.Check().has_value());
  client.request_stop();
  EXPECT_EQ(left.Check().error().code, Code::kCancelled);
}

}  // namespace
}  // namespace clew::query

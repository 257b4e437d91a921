#include "query/query_context.h"

#include <gtest/gtest.h>

#include <memory>
#include <thread>

namespace clew::query {
namespace {

TEST(LeftOut, NamesEachTextOnceAndCountsWhatIsTooMany) {
  LeftOut left_out;
  EXPECT_TRUE(left_out.empty());
  for (std::size_t i = 0; i < LeftOut::kTextsMax + 3; ++i) {
    left_out.Add("block " + std::to_string(i));
    // Whether or not its text is kept.
    left_out.Add("block 0");
    left_out.Add("block " + std::to_string(i));
  }
  EXPECT_EQ(left_out.count(), LeftOut::kTextsMax + 3);
  const std::vector<std::string> texts = left_out.Texts();
  ASSERT_EQ(texts.size(), LeftOut::kTextsMax + 1);
  EXPECT_EQ(texts.front(), "block 0");
  EXPECT_EQ(texts.back(), "3 more faults like these");

  left_out.AddUnnamed(100);
  EXPECT_EQ(left_out.count(), LeftOut::kTextsMax + 103);
  EXPECT_EQ(left_out.Texts().back(), "103 more faults like these");
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

class MemoryTest : public ::testing::Test {
 protected:
  base::Metrics metrics_;
  // A quarter is for answers.
  base::MemoryBudget budget_{40u << 20, metrics_};
  base::MemoryAccount& account_ = budget_.account(base::MemoryUse::kAnswers);
};

TEST_F(MemoryTest, AnswersTakeFromOneAccountAndGiveBackInTheEnd) {
  {
    AnswerMemory memory(account_);
    const QueryContext context{.memory = &memory};
    EXPECT_TRUE(context.TakeMemory(4u << 20).has_value());
    EXPECT_EQ(account_.used(), 4u << 20);
    memory.GiveBack(1u << 20);
    EXPECT_EQ(account_.used(), 3u << 20);
  }
  EXPECT_EQ(account_.used(), 0u);
  EXPECT_TRUE(QueryContext{}.TakeMemory(1u << 30).has_value());
}

TEST_F(MemoryTest, WhatNeverFitsIsRefusedForGood) {
  AnswerMemory memory(account_);
  const Status status = QueryContext{.memory = &memory}.TakeMemory(11u << 20);
  EXPECT_EQ(status.error().code, Code::kResourceExhausted);
  EXPECT_EQ(status.error().message.substr(0, 37), "the answer takes more than 10 MiB of ");
}

TEST_F(MemoryTest, WhoWaitsLetsGoOfWhatIsNotCountedFirst) {
  bool is_let_go = false;
  const auto let_go = [&is_let_go] { is_let_go = true; };
  AnswerMemory other(account_);
  ASSERT_TRUE(other.TryTake(8u << 20));
  AnswerMemory memory(account_);
  const QueryContext context{.memory = &memory};

  // There is never room, or there is some: nobody waits.
  EXPECT_EQ(context.TakeMemory(11u << 20, let_go).error().code, Code::kResourceExhausted);
  ASSERT_TRUE(context.TakeMemory(1u << 20, let_go).has_value());
  EXPECT_EQ(context.TakeMemory(2u << 20, let_go).error().code, Code::kUnavailable);
  EXPECT_FALSE(is_let_go);

  memory.GiveBack(1u << 20);
  // What there is room for is what was let go of.
  const Status taken = context.TakeMemory(4u << 20, [&] {
    let_go();
    other.GiveBack(4u << 20);
  });
  EXPECT_TRUE(taken.has_value());
  EXPECT_TRUE(is_let_go);
}

TEST_F(MemoryTest, WhoHoldsSomeIsNotKeptWaiting) {
  AnswerMemory other(account_);
  ASSERT_TRUE(other.TryTake(8u << 20));
  AnswerMemory memory(account_);
  const QueryContext context{.memory = &memory};
  ASSERT_TRUE(context.TakeMemory(1u << 20).has_value());
  const Status status = context.TakeMemory(2u << 20);
  EXPECT_EQ(status.error().code, Code::kUnavailable);
  EXPECT_TRUE(status.error().retry_after.has_value());
}

TEST_F(MemoryTest, WhoWaitsEndsByTheDeadlineOrWithTheClient) {
  AnswerMemory other(account_);
  ASSERT_TRUE(other.TryTake(10u << 20));
  AnswerMemory memory(account_);
  EXPECT_EQ((QueryContext{.deadline = std::chrono::steady_clock::now(), .memory = &memory})
                .TakeMemory(1)
                .error()
                .code,
            Code::kDeadlineExceeded);
  std::stop_source client;
  client.request_stop();
  EXPECT_EQ(
      (QueryContext{.stop = client.get_token(), .memory = &memory}).TakeMemory(1).error().code,
      Code::kCancelled);
}

TEST_F(MemoryTest, WhoWaitsIsWokenByWhatItWaitsFor) {
  AnswerMemory other(account_);
  ASSERT_TRUE(other.TryTake(10u << 20));
  const auto waits_at_most = [&](const QueryContext& context, Code code) {
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_EQ(context.TakeMemory(1).error().code, code);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(900));
  };
  AnswerMemory memory(account_);
  std::stop_source client;
  std::thread leaver([&client] { client.request_stop(); });
  waits_at_most({.stop = client.get_token(), .memory = &memory}, Code::kCancelled);
  leaver.join();
  waits_at_most({.deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(1),
                 .memory = &memory},
                Code::kDeadlineExceeded);
}

TEST_F(MemoryTest, WhoWaitsTakesWhatOthersGiveBack) {
  auto other = std::make_unique<AnswerMemory>(account_);
  ASSERT_TRUE(other->TryTake(10u << 20));
  std::thread giver([&other] { other.reset(); });
  AnswerMemory memory(account_);
  EXPECT_TRUE(QueryContext{.memory = &memory}.TakeMemory(5u << 20).has_value());
  giver.join();
}

}  // namespace
}  // namespace clew::query

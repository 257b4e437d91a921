#include "storage/write_queue.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <ctime>
#include <memory>
#include <string>
#include <vector>

namespace clew::storage {
namespace {

using Work = WriteQueue::Work;
using Failing = WriteQueue::Failing;

class WriteQueueTest : public ::testing::Test {
 protected:
  WriteJobPtr Add(const std::string& tenant = "a") {
    auto block = std::make_unique<WaitingBlock>();
    block->meta.tenant = *TenantId::Parse(tenant);
    auto job = std::make_shared<WriteJob>(std::move(block));
    queue_.Add(job);
    return job;
  }
  void Fail(const WriteJobPtr& job, Failing failing = Failing::kItself) {
    queue_.Begin(*job, Work::kTry);
    queue_.EndFailed(*job, failing);
  }
  void Write(const WriteJobPtr& job) {
    queue_.Begin(*job, Work::kTry);
    queue_.EndWritten(*job);
  }
  /// Numbers in the order of their turns, all of which are taken.
  std::vector<std::uint64_t> Turns() {
    std::vector<std::uint64_t> numbers;
    while (const WriteJobPtr job = queue_.Next()) {
      numbers.push_back(job->number);
      queue_.Begin(*job, Work::kTry);
    }
    return numbers;
  }
  using Numbers = std::vector<std::uint64_t>;

  WriteQueue queue_;
};

TEST_F(WriteQueueTest, WhoCameFirstGoesFirstWhoeverSpansTheyAre) {
  Add("b");
  Add("a");
  Add("b");

  EXPECT_EQ(Turns(), Numbers({1, 2, 3}));
}

TEST_F(WriteQueueTest, WhatFailedHasATurnThoughOthersNeverEnd) {
  const WriteJobPtr failed = Add();
  Fail(failed);
  Add();
  EXPECT_EQ(queue_.Next()->number, 2u) << "it rests until the next retry";
  queue_.Retry();

  // As fast as they are written others come.
  bool has_had_turn = false;
  for (int i = 0; i < 10 && !has_had_turn; ++i) {
    const WriteJobPtr next = queue_.Next();
    has_had_turn = next == failed;
    Write(next);
    Add();
  }

  EXPECT_TRUE(has_had_turn);
}

TEST_F(WriteQueueTest, WhatFailsAgainHoldsUpNeitherNewOnesNorOthersThatFailed) {
  const WriteJobPtr first = Add();
  const WriteJobPtr second = Add();
  Fail(first);
  Fail(second);
  const WriteJobPtr fresh = Add();
  queue_.Retry();

  EXPECT_EQ(queue_.Next(), first) << "who failed longest ago";
  Fail(first);
  EXPECT_EQ(queue_.Next(), fresh);
  queue_.Retry();
  EXPECT_EQ(queue_.Next(), second);
  Write(second);
  EXPECT_EQ(queue_.Next(), first);
}

TEST_F(WriteQueueTest, WhereAPlaceIsAwayOneIsTriedAtARetryAndTheRestWhenItIsWritten) {
  const WriteJobPtr one = Add("a");
  const WriteJobPtr beside = Add("a");
  const WriteJobPtr elsewhere = Add("b");
  Fail(one, Failing::kItsPlace);
  EXPECT_TRUE(queue_.IsAnyAway());
  EXPECT_EQ(queue_.Next(), elsewhere);
  EXPECT_EQ(queue_.ReadyCount(4), 1u);
  queue_.Retry();

  EXPECT_FALSE(queue_.IsAnyAway());
  EXPECT_EQ(queue_.Next(), one);
  queue_.Begin(*one, Work::kTry);
  EXPECT_EQ(queue_.Next(), elsewhere);
  EXPECT_TRUE(queue_.IsBehindATry({.last_number = beside->number}));
  queue_.EndWritten(*one);

  EXPECT_EQ(queue_.Next(), beside);
  EXPECT_FALSE(queue_.IsBehindATry({}));
}

TEST_F(WriteQueueTest, WhatIsTriedAndFailsForItselfSaysNothingOfItsPlace) {
  const WriteJobPtr one = Add();
  const WriteJobPtr beside = Add();
  Fail(one, Failing::kItsPlace);
  queue_.Retry();

  Fail(one, Failing::kItself);

  EXPECT_EQ(queue_.Next(), beside);
}

TEST_F(WriteQueueTest, AFlushHasTurnsOfItsOwnAlone) {
  const WriteJobPtr failed = Add();
  Fail(failed);
  queue_.Retry();
  const WriteQueue::Limits limits{.last_number = queue_.last_number(),
                                  .last_failure = queue_.last_failure()};
  const WriteJobPtr later = Add();
  Fail(later);
  const WriteJobPtr fresh = Add();
  queue_.Retry();

  EXPECT_EQ(queue_.Next(limits), failed);
  queue_.Begin(*failed, Work::kTry);
  EXPECT_EQ(queue_.Next(limits), nullptr);
  EXPECT_TRUE(queue_.IsBusy(limits));
  queue_.EndFailed(*failed, Failing::kItself);
  queue_.Retry();
  EXPECT_EQ(queue_.Next(limits), nullptr) << "it has failed since";
  EXPECT_FALSE(queue_.IsBusy(limits));
}

TEST_F(WriteQueueTest, WhatIsBusyWithElseWaitsAsBefore) {
  const WriteJobPtr one = Add();
  Fail(one);
  queue_.Begin(*one, Work::kOther);
  queue_.Retry();
  EXPECT_EQ(queue_.Next(), nullptr);

  queue_.End(*one);

  EXPECT_EQ(queue_.Next(), one);
}

TEST_F(WriteQueueTest, WhatIsLostHasNoTurnAndIsThereUntilItIsRemoved) {
  const WriteJobPtr one = Add();
  queue_.Begin(*one, Work::kTry);
  queue_.EndLost(*one);
  queue_.Retry();

  EXPECT_EQ(queue_.Next(), nullptr);
  EXPECT_EQ(queue_.all().size(), 1u);
  queue_.Remove(*one);
  EXPECT_TRUE(queue_.all().empty());
}

// Looked at one by one for each write, they would take minutes.
TEST_F(WriteQueueTest, EachTurnCostsTheSameHoweverManyWait) {
  constexpr std::uint64_t kCount = 100'000;
  for (std::uint64_t i = 0; i < kCount; ++i) Add(std::to_string(i % 100));
  const std::clock_t begun = std::clock();  // of this process, however busy the machine is

  std::uint64_t written = 0;
  while (const WriteJobPtr job = queue_.Next()) {
    if (queue_.ReadyCount(4) > 0) Write(job);
    ++written;
  }

  EXPECT_EQ(written, kCount);
  EXPECT_LT((std::clock() - begun) / CLOCKS_PER_SEC, 60);
}

}  // namespace
}  // namespace clew::storage

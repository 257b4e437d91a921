#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "log/log.h"
#include "tests/conformance/log_suite.h"

namespace clew::log {

// The part of the suite that says where consumers begin and records lie.

TEST_P(LogSuite, AConsumerBeginsWhereItCommitted) {
  Append("one");
  const Appended two = Append("two");
  Append("three");

  EXPECT_THAT(log_->Consumers(), IsEmpty());
  ASSERT_TRUE(log_->Commit("pipeline/traces", two.begin).has_value());
  ASSERT_TRUE(log_->Commit("storage", two.end).has_value());

  for (int round = 0; round < 2; ++round) {
    EXPECT_THAT(log_->Consumers(), ElementsAre("pipeline/traces", "storage"));
    EXPECT_THAT(BodiesFrom(log_->Committed("pipeline/traces")), ElementsAre("two", "three"));
    EXPECT_THAT(BodiesFrom(log_->Committed("storage")), ElementsAre("three"));
    EXPECT_THAT(BodiesFrom(log_->Committed("unknown")), ElementsAre("one", "two", "three"));
    Reopen();
  }
}

TEST_P(LogSuite, ACommitNeverGoesBackNorPastTheEnd) {
  const Appended one = Append("one");
  const Appended two = Append("two");
  ASSERT_TRUE(log_->Commit("storage", two.end).has_value());

  EXPECT_TRUE(log_->Commit("storage", one.begin).has_value());
  EXPECT_EQ(log_->Commit("storage", {two.end.offset + 1000}).error().code, Code::kInvalidArgument);
  EXPECT_EQ(log_->Committed("storage"), two.end);
}

TEST_P(LogSuite, PositionsNameTheirPartition) {
  const Appended one = Append("one");
  ASSERT_TRUE(log_->Commit("storage", one.end).has_value());

  for (const Position position : {one.begin, one.end, log_->end(), log_->Committed("storage")}) {
    EXPECT_EQ(position.partition, 0u);
  }
  const Position elsewhere{one.begin.offset, 1};
  EXPECT_NE(elsewhere, one.begin);
  EXPECT_GT(elsewhere, one.end);
  EXPECT_EQ(log_->Commit("storage", elsewhere).error().code, Code::kInvalidArgument);
}

TEST_P(LogSuite, AForgottenConsumerIsUnknown) {
  const Appended one = Append("one");
  ASSERT_TRUE(log_->Commit("storage", one.end).has_value());

  ASSERT_TRUE(log_->Forget("storage").has_value());
  ASSERT_TRUE(log_->Forget("never there").has_value());

  for (int round = 0; round < 2; ++round) {
    EXPECT_THAT(log_->Consumers(), IsEmpty());
    EXPECT_THAT(BodiesFrom(log_->Committed("storage")), ElementsAre("one"));
    Reopen();
  }
}

TEST_P(LogSuite, NoRecordBeginsBeforeWhatWasSkippedTo) {
  const Appended one = Append("one");
  ASSERT_TRUE(log_->Commit("storage", one.end).has_value());
  ASSERT_TRUE(log_->Commit("pipeline/traces", one.begin).has_value());
  const Position beyond{one.end.offset + 100'003};
  Reopen();

  log_->SkipTo(beyond);
  log_->SkipTo(one.end);

  EXPECT_GE(log_->end(), beyond);
  EXPECT_FALSE(log_->WaitFor(log_->end(), base::kAtOnce, base::SystemTime()));
  EXPECT_THAT(BodiesFrom({}), ElementsAre("one"));
  const Appended two = Append("two");
  EXPECT_GE(two.begin, beyond);
  for (int round = 0; round < 2; ++round) {
    EXPECT_THAT(BodiesFrom({}), ElementsAre("one", "two"));
    EXPECT_THAT(BodiesFrom(log_->Committed("storage")), ElementsAre("two"));
    EXPECT_EQ(log_->end(), two.end);
    Reopen();
  }
  EXPECT_GE(Append("three").begin, two.end);
  EXPECT_THAT(BodiesFrom(two.end), ElementsAre("three"));
}

}  // namespace clew::log

#include "pipeline/follower/follower_place.h"

#include <gmock/gmock.h>

#include "log/checkpoints.h"
#include "log/testing/memory_log.h"
#include "pipeline/follower/testing/span_records.h"

namespace clew::pipeline {
namespace {

using testing::AppendSpan;

TEST(FollowerName, TellsPipelinesAndExportersApart) {
  EXPECT_EQ(FollowerName({"traces/main", "otlp/eu"}), "pipeline/traces/main>otlp/eu");
  EXPECT_EQ(FormerFollowerName("traces/main"), "pipeline/traces/main");
  EXPECT_NE(FollowerName({"traces", "otlp/file"}), FollowerName({"traces/otlp", "file"}));
  EXPECT_NE(FollowerName({"traces", "otlp"}), FormerFollowerName("traces/otlp"));
  EXPECT_TRUE(IsFollower(FollowerName({"traces", "otlp"})));
  EXPECT_TRUE(IsFollower(FormerFollowerName("traces")));
  EXPECT_FALSE(IsFollower("storage"));
}

TEST(FollowerName, OfLongIdsFitsIntoTheLog) {
  const std::string pipeline = "traces/" + std::string(248, 'x');
  const std::string exporter = "otlp/" + std::string(1024, 'y');
  const std::string name = FollowerName({pipeline, exporter});
  EXPECT_EQ(name.size(), log::kConsumerBytesMax);
  EXPECT_EQ(name, FollowerName({pipeline, exporter}));
  EXPECT_NE(name, FollowerName({pipeline + "x", exporter}));
  EXPECT_NE(name, FollowerName({pipeline, exporter + "y"}));
}

TEST(FollowerName, IsCutBetweenCharacters) {
  std::string pipeline = "traces/a";
  for (int i = 0; i < 20; ++i) pipeline += "\u00fc";  // two bytes each
  const std::string name = FollowerName({pipeline, "otlp"});
  EXPECT_THAT(name, ::testing::StartsWith("pipeline/traces/a\u00fc"));
  EXPECT_THAT(name, ::testing::ContainsRegex("\u00fc~[0-9a-f]+>otlp$"));
}

class WhereNewFollowersBeginTest : public ::testing::Test {
 protected:
  void Commit(const std::string& consumer, log::Position position) {
    ASSERT_TRUE(log_.Commit(consumer, position).has_value());
  }

  inline static const std::vector<PipelineWay> kWays = {
      {"traces", "otlp"}, {"traces", "file"}, {"traces", "new"}};
  log::MemoryLog log_;
  const log::Position a_ = AppendSpan(log_, "traces", "a").end;
  const log::Position b_ = AppendSpan(log_, "traces", "b").end;
  const log::Position c_ = AppendSpan(log_, "traces", "c").end;
};

TEST_F(WhereNewFollowersBeginTest, AtTheOldestRecordWhenThereIsNone) {
  Commit("storage", b_);
  Commit(FollowerName({"traces/other", "otlp"}), b_);
  Commit(FormerFollowerName("traces/other"), b_);
  EXPECT_EQ(WhereNewFollowersBegin(log_, kWays), log::Position());
}

TEST_F(WhereNewFollowersBeginTest, WhereTheOneOfFormerReleasesIs) {
  Commit(FormerFollowerName("traces"), b_);
  // It had begun for itself when the process died.
  Commit(FollowerName({"traces", "otlp"}), c_);
  EXPECT_EQ(WhereNewFollowersBegin(log_, kWays), b_);
}

TEST_F(WhereNewFollowersBeginTest, WhereTheLastOfThoseIsThatAreGone) {
  Commit(FollowerName({"traces", "otlp"}), a_);
  Commit(FollowerName({"traces", "gone"}), b_);
  Commit(FollowerName({"traces", "gone/2"}), c_);
  EXPECT_EQ(WhereNewFollowersBegin(log_, kWays), b_);
}

TEST_F(WhereNewFollowersBeginTest, WhereTheFirstOfTheOthersIsWhenNoneIsGone) {
  Commit(FollowerName({"traces", "otlp"}), b_);
  Commit(FollowerName({"traces", "file"}), a_);
  EXPECT_EQ(WhereNewFollowersBegin(log_, kWays), b_);
}

}  // namespace
}  // namespace clew::pipeline

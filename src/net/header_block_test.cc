#include "net/header_block.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "net/test_http2.h"

namespace clew::net {
namespace {

using testing::Frame;

class HeaderBlockTest : public ::testing::Test {
 protected:
  HeaderBlockTest() { meter_.Put(testing::Preface()); }

  HeaderBlockMeter meter_;
};

TEST_F(HeaderBlockTest, CountsWhatHasComeUntilTheBlockEnds) {
  EXPECT_FALSE(meter_.is_open());
  const std::string begin = Frame(testing::kHeadersFrame, 0, 1, std::string(100, 'x'));

  meter_.Put(begin.substr(0, 9));
  EXPECT_TRUE(meter_.is_open());
  EXPECT_EQ(meter_.bytes(), 0U) << "its length is said, but nothing has come";
  meter_.Put(begin.substr(9, 60));
  EXPECT_EQ(meter_.bytes(), 60U);
  meter_.Put(begin.substr(69));
  EXPECT_EQ(meter_.bytes(), 100U);
  meter_.Put(Frame(testing::kContinuationFrame, 0, 1, std::string(50, 'x')));
  EXPECT_EQ(meter_.bytes(), 150U);
  meter_.Put(Frame(testing::kContinuationFrame, testing::kEndHeaders, 1, ""));
  EXPECT_FALSE(meter_.is_open());
  EXPECT_EQ(meter_.bytes(), 0U);
  EXPECT_EQ(meter_.begun_count(), 1U);
}

TEST_F(HeaderBlockTest, LooksAtNoOtherFrame) {
  // Flags of others mean something else.
  meter_.Put(Frame(testing::kDataFrame, testing::kEndHeaders, 1, std::string(100, 'x')) +
             Frame(testing::kPingFrame, 0, 0, "12345678"));
  EXPECT_FALSE(meter_.is_open());
  EXPECT_EQ(meter_.begun_count(), 0U);
}

TEST_F(HeaderBlockTest, PiecesOfAnySizeAreTheSame) {
  const std::string frames = testing::Preface() + testing::WholeCall(1) +
                             testing::CancelledCall(3) +
                             Frame(testing::kHeadersFrame, testing::kEndHeaders, 5, "") +
                             Frame(testing::kHeadersFrame, 0, 7, std::string(70'000, 'x'));
  for (const std::size_t piece : {1U, 2U, 9U, 10U, 1000U}) {
    HeaderBlockMeter meter;
    for (std::size_t at = 0; at < frames.size(); at += piece) meter.Put(frames.substr(at, piece));
    EXPECT_TRUE(meter.is_open());
    EXPECT_EQ(meter.bytes(), 70'000U);
    EXPECT_EQ(meter.begun_count(), 4U);
  }
}

}  // namespace
}  // namespace clew::net

#include "wire/tempo/trace_by_id.h"

#include <gtest/gtest.h>

namespace clew::wire::tempo {
namespace {

TEST(EncodeTraceByIdResponse, FramesTheTraceAndEmptyMetrics) {
  EXPECT_EQ(EncodeTraceByIdResponse("xyz"), std::string("\x0A\x03xyz\x12\x00", 7));
}

TEST(EncodeTraceByIdResponse, HoldsAnEmptyTraceWhenThereIsNone) {
  EXPECT_EQ(EncodeTraceByIdResponse(""), std::string("\x0A\x00\x12\x00", 4));
}

}  // namespace
}  // namespace clew::wire::tempo

#include "wire/tempo/trace_by_id.h"

#include <gtest/gtest.h>

namespace clew::wire::tempo {
namespace {

TEST(EncodeTraceByIdPart, FramesTheTrace) {
  EXPECT_EQ(EncodeTraceByIdPart("xyz"), std::string("\x0A\x03xyz"));
  EXPECT_EQ(EncodeTraceByIdPart(""), std::string("\x0A\x00", 2));
}

TEST(EncodeTraceByIdEnd, HoldsEmptyMetricsAndSaysWhatIsLeftOut) {
  EXPECT_EQ(EncodeTraceByIdEnd(""), std::string("\x12\x00", 2));
  EXPECT_EQ(EncodeTraceByIdEnd("no"), std::string("\x12\x00\x18\x01\x22\x02no", 8));
}

}  // namespace
}  // namespace clew::wire::tempo

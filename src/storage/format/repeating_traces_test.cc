#include "storage/format/repeating_traces.h"

#include <gtest/gtest.h>

namespace clew::storage {
namespace {

TraceId TraceOfNumber(std::uint8_t last) {
  TraceId id;
  id.bytes[15] = last;
  return id;
}

TEST(RepeatingTraces, AreReadAsTheyWereWritten) {
  const std::vector<RepeatingTraces> groups = {std::vector<TraceId>(), std::nullopt,
                                               std::vector{TraceOfNumber(1), TraceOfNumber(2)},
                                               std::vector{TraceOfNumber(0)}};
  const std::string fact = EncodeRepeatingFact(groups);

  std::vector<RepeatingTraces> found;
  EXPECT_TRUE(DecodeRepeatingFact(fact, 4, &found));
  EXPECT_EQ(found, groups);
}

TEST(RepeatingTraces, WhatIsNotWellFormedIsRefused) {
  const std::string two =
      EncodeRepeatingFact(std::vector{RepeatingTraces({TraceOfNumber(1), TraceOfNumber(2)})});
  std::vector<RepeatingTraces> found;
  EXPECT_FALSE(DecodeRepeatingFact(two, 2, &found)) << "of another number of row groups";
  EXPECT_FALSE(DecodeRepeatingFact(two, 0, &found));
  EXPECT_FALSE(DecodeRepeatingFact(two.substr(0, 20), 1, &found)) << "cut off";
  EXPECT_FALSE(DecodeRepeatingFact(two + '\1' + '\2', 2, &found));
  for (const auto& ids : {std::vector{TraceOfNumber(2), TraceOfNumber(1)},
                          std::vector{TraceOfNumber(1), TraceOfNumber(1)},
                          std::vector<TraceId>(kRepeatingTracesMax + 1)}) {
    const std::string wrong = EncodeRepeatingFact(std::vector{RepeatingTraces(ids)});
    EXPECT_FALSE(DecodeRepeatingFact(wrong, 1, &found));
  }
  EXPECT_TRUE(found.empty());
  EXPECT_TRUE(DecodeRepeatingFact("", 0, &found));
}

}  // namespace
}  // namespace clew::storage

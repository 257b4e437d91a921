#include "scan/grams.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace clew::scan {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// Stored: that of another release must be the same.
TEST(Grams, AreThreeNumbersOfSixBits) {
  EXPECT_THAT(GramsOf("abc"), ElementsAre(0u << 12 | 1u << 6 | 2u));
  EXPECT_THAT(GramsOf("Z0/"), ElementsAre(25u << 12 | 26u << 6 | 36u));
  EXPECT_THAT(GramsOf("9| "), ElementsAre(35u << 12 | 61u << 6 | 62u));
  EXPECT_THAT(GramsOf("#\n\x7f"), ElementsAre(63u << 12 | 63u << 6 | 63u));
  EXPECT_THAT(GramsOf("\u00e9a"), ElementsAre(63u << 12 | 63u << 6 | 0u));
}

TEST(Grams, AreThereOnceAndAscend) {
  EXPECT_THAT(GramsOf("aaabAA"), ElementsAre(0u, 1u, 1u << 6, 1u << 12));
  EXPECT_THAT(GramsOf("ab"), IsEmpty());
}

TEST(GramSet, HasThoseOfAllTextsUntilTheyAreTaken) {
  GramSet set;
  EXPECT_TRUE(set.Add("abc"));
  EXPECT_TRUE(set.Add("aaa"));
  EXPECT_TRUE(set.Add("xy"));
  EXPECT_THAT(set.Take(), ElementsAre(0u, 66u));
  EXPECT_THAT(set.Take(), IsEmpty());
}

TEST(GramSet, IsNotMadeOfTextsOfWhichGramsDoNotTell) {
  GramSet set;
  EXPECT_FALSE(set.Add("300 \u212a"));
  EXPECT_FALSE(set.Add("Congre\u017fs"));
  EXPECT_FALSE(set.Add("cut \xC3"));
  EXPECT_TRUE(set.Add("Stra\u00dfe"));
}

}  // namespace
}  // namespace clew::scan

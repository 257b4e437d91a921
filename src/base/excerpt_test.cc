#include "base/excerpt.h"

#include <gtest/gtest.h>

namespace clew::base {
namespace {

TEST(Excerpt, ShortTextIsWholeAndLongTextIsCutBetweenCharacters) {
  EXPECT_EQ(Excerpt(""), "");
  EXPECT_EQ(Excerpt(std::string(kExcerptBytesMax, 'a')), std::string(kExcerptBytesMax, 'a'));
  EXPECT_EQ(Excerpt(std::string(60'000, 'a')), std::string(kExcerptBytesMax, 'a') + "…");
  const std::string before(kExcerptBytesMax - 1, 'a');
  EXPECT_EQ(Excerpt(before + "äb"), before + "…");
  EXPECT_EQ(Excerpt(before + "\U0001F980"), before + "…");
  EXPECT_EQ(Excerpt(before + "äb", kExplanationBytesMax), before + "äb");
  EXPECT_EQ(Excerpt(std::string(501, 'a'), 500), std::string(500, 'a') + "…");
  EXPECT_EQ(Excerpt(std::string(200, '\x80')).size(), kExcerptBytesMax - 3 + 3);
}

}  // namespace
}  // namespace clew::base

#include "base/base64.h"

#include <gtest/gtest.h>

namespace clew::base {
namespace {

struct Case {
  std::string_view bytes;
  std::string_view text;
};

// RFC 4648 section 10.
constexpr Case kCases[] = {{"", ""},
                           {"f", "Zg=="},
                           {"fo", "Zm8="},
                           {"foo", "Zm9v"},
                           {"foob", "Zm9vYg=="},
                           {"fooba", "Zm9vYmE="},
                           {"foobar", "Zm9vYmFy"}};

TEST(Base64, EncodesAndDecodesTheExamplesOfTheStandard) {
  for (const Case& c : kCases) {
    EXPECT_EQ(Base64Encode(c.bytes), c.text);
    EXPECT_EQ(Base64Decode(c.text), c.bytes);
  }
}

TEST(Base64, DecodeTakesUrlSafeAndUnpaddedText) {
  EXPECT_EQ(Base64Decode("-_-_"), Base64Decode("+/+/"));
  EXPECT_EQ(Base64Decode("Zg"), "f");
  EXPECT_EQ(Base64Decode("Zm8"), "fo");
}

TEST(Base64, DecodeRefusesWhatIsNotBase64) {
  for (const std::string_view text : {"Z", "Zm9vY", "Zg=", "=", "====", "Zm 9", "Zm9v\n", "Zm=v"}) {
    EXPECT_EQ(Base64Decode(text), std::nullopt) << text;
  }
}

TEST(Base64, EveryOctetSurvives) {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);

  EXPECT_EQ(Base64Decode(Base64Encode(bytes)), bytes);
}

}  // namespace
}  // namespace clew::base

#include "net/http_header.h"

#include <gtest/gtest.h>

#include <string>

namespace clew::net {
namespace {

TEST(HttpHeader, NamesAreTokens) {
  for (const char* good : {"X-Scope-OrgID", "a", "x_y.1~"}) {
    EXPECT_TRUE(IsHeaderName(good)) << good;
  }
  for (const char* bad : {"", "a b", "a:b", ":path", "é", "a\r\nb", "(a)"}) {
    EXPECT_FALSE(IsHeaderName(bad)) << bad;
  }
}

TEST(HttpHeader, AValueIsOfOneLine) {
  EXPECT_TRUE(CheckHeader("a", "Basic dTpw, \té").has_value());
  EXPECT_TRUE(CheckHeader("a", "").has_value());
  for (const std::string& bad :
       {std::string("b\r\nX: y"), std::string("b\n"), std::string(1, '\0'), std::string("\x7F")}) {
    const Status checked = CheckHeader("a", bad);
    ASSERT_FALSE(checked.has_value());
    EXPECT_EQ(checked.error().message,
              "the value of header \"a\" holds a line end or another control character, write it "
              "without");
  }
  EXPECT_FALSE(CheckHeader("a b", "c").has_value());
}

}  // namespace
}  // namespace clew::net

#include "app/cli/query_place.h"

#include <gtest/gtest.h>

#include "app/cli/text.h"

namespace clew::app::cli {
namespace {

TEST(QueryPlace, TheCaretStandsUnderTheColumn) {
  EXPECT_EQ(ShowPlace("{ name = \"x\" && }", "parse error at line 1, col 17: unexpected }"),
            "  { name = \"x\" && }\n"
            "                  ^\n");
  EXPECT_EQ(ShowPlace("{", "parse error at line 1, col 2: unexpected $end"),
            "  {\n"
            "   ^\n")
      << "behind the last character";
}

TEST(QueryPlace, OnlyTheLineIsShown) {
  EXPECT_EQ(ShowPlace("{ .a = 1 }\n| coun() > 2\n| by(.a)", "error at line 2, col 3: unknown"),
            "  | coun() > 2\n"
            "    ^\n");
}

TEST(QueryPlace, ColumnsAreCharactersHoweverWide) {
  EXPECT_EQ(ShowPlace("{ .ä = 界 }", "error at line 1, col 8: unknown"),
            "  { .ä = 界 }\n"
            "         ^\n");
  EXPECT_EQ(ShowPlace("{ \"界\" & }", "error at line 1, col 7: unknown"),
            "  { \"界\" & }\n"
            "         ^\n")
      << "two columns for one character";
}

TEST(QueryPlace, OfALongLineThePartIsShown) {
  const std::string query = "{ .a = \"" + std::string(200, 'x') + "\" && }" + std::string(200, 'y');

  const std::string shown = ShowPlace(query, "error at line 1, col 214: unexpected }");

  const std::string line = shown.substr(0, shown.find('\n'));
  EXPECT_LE(TextWidth(line), 80u);
  EXPECT_TRUE(line.starts_with("  …xxx") && line.ends_with("yyy…")) << shown;
  const std::size_t caret = shown.size() - 2 - (line.size() + 1);
  EXPECT_EQ(line.substr(caret + 2, 1), "}") << shown << "; … has two bytes more than columns";
}

TEST(QueryPlace, WhatNamesNoPlaceShowsNothing) {
  EXPECT_EQ(ShowPlace("{ 1 }", "must resolve to a boolean"), "");
  EXPECT_EQ(ShowPlace("{ }", "error at line x, col 0: "), "");
  EXPECT_EQ(ShowPlace("\x1b[31m{", "error at line 1, col 1: "),
            "  ?[31m{\n"
            "  ^\n");
}

}  // namespace
}  // namespace clew::app::cli

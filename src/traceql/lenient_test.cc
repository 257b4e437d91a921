#include "traceql/lenient.h"

#include <gtest/gtest.h>

#include <string>

#include "traceql/check.h"
#include "traceql/parse.h"
#include "traceql/print.h"

namespace clew::traceql {
namespace {

TEST(ParseLenient, GivesWhatConditionsAreWhole) {
  const struct {
    const char* text;
    const char* conditions;
  } cases[] = {
      {"{ .a = 1 && resource.service.name = \"x\" }", ".a = 1 && resource.service.name = \"x\""},
      // Not closed, or not finished.
      {"{ .a = 1", ".a = 1"},
      {"{ .a = 1 && ", ".a = 1 && true"},
      {"{ .a = 1 && .b", ".a = 1 && true"},
      {"{ .a = 1 && .b =", ".a = 1 && true"},
      {"{ .a = 1 && .b = }", ".a = 1 && true"},
      {"{ .a = && .b = 2 }", "true && .b = 2"},
      {"{ && .b = 2 }", "true && .b = 2"},
      {"{ .a = 1 && span. }", ".a = 1 && true"},
      {"{ .a = 1 && resource. && .c = 3", ".a = 1 && true && .c = 3"},
      {"{ .a = 1 && .b = \"open", ".a = 1 && true"},
      {"{ .a = 1 && .b = foo }", ".a = 1 && true"},
      {"{ .a = 1 && durat", ".a = 1 && true"},
      {"{ .a = 1 && name = 5 }", ".a = 1 && true"},
      {"{ .a = 1 && name =~ \"(\" }", ".a = 1 && true"},
      {"{ .a = 1 || .b = }", ".a = 1 || true"},
      {"{ .flag }", "true"},
      {"{ .flag && !.other && name = \"x\" }", "true && name = \"x\""},
      {"{ !(.a = 1) && !(.b = ", "!(.a = 1) && true"},
      {"{ .a = 1 && (.b = 2 || .c =", ".a = 1 && (.b = 2 || true)"},
      {"{ (.a = 1 && (.b = 2 || .c)) }", ".a = 1 && (.b = 2 || true)"},
      {"{ (.a + 1) * 2 = 4 && (.b + }", "(.a + 1) * 2 = 4 && true"},
      {"{ .a = 1) && .b = 2", "true && .b = 2"},
      {"{", "true"},
      {"{ }", "true"},
      {"", "true"},
      {"name", "true"},
      // More than one filter.
      {"{ .a = 1 } | count() > 1", "true"},
      {"{ .a = 1 } && { .b = 2 }", "true"},
      {"{ .a = 1 } >> ", "true"},
      {"({ .a = 1 })", "true"},
      {"{ .a = 1 } with(x=1)", "true"},
      {"{ .a = { .b = 1 } }", "true"},
  };
  for (const auto& c : cases) {
    const FieldExpression filter = ParseLenient(c.text);
    EXPECT_EQ(Print(filter), c.conditions) << c.text;
    EXPECT_TRUE(CheckFilter(filter).has_value()) << c.text;
  }
}

TEST(ParseLenient, EndsWithWhateverItIsGiven) {
  std::string deep = "{ .a = 1 && ";
  for (int i = 0; i < 3'000; ++i) deep += i % 2 == 0 ? "(!" : "-(";
  EXPECT_EQ(Print(ParseLenient(deep)), ".a = 1 && true");
  std::string turns = "{ .a = 1";
  for (int i = 0; i < 200; ++i) turns += " && .b = 1 || .c = 1";
  EXPECT_EQ(Print(ParseLenient(turns)), "true");
  EXPECT_EQ(Print(ParseLenient("{ .a = 1 " + std::string(kQueryBytesMax, ' '))), "true");
}

TEST(ParseLenient, CompilesNoMoreThanAQueryMayHave) {
  EXPECT_EQ(Print(ParseLenient("{ .a =~ `\\pL{50}` && .b =~ `\\pL{50}` && .c =~ `x` && .d = ")),
            ".a =~ \"\\\\pL{50}\" && true && true && true");
}

TEST(WithoutConditionsOn, LeavesOutWhatIsAskedFor) {
  const auto without = [](const std::string& filter) {
    const Attribute asked{.scope = Scope::kSpan, .name = "x"};
    return Print(WithoutConditionsOn(asked, ParseLenient("{ " + filter + " }")));
  };
  EXPECT_EQ(without("span.x = 1 && .y = 2"), "true && .y = 2");
  EXPECT_EQ(without(".y = 2 && (.z = 3 || !(span.x + 1 = 2))"), ".y = 2 && (.z = 3 || true)");
  EXPECT_EQ(without("resource.x = 1"), "resource.x = 1");
}

}  // namespace
}  // namespace clew::traceql

#include "traceql/lower.h"

#include <gtest/gtest.h>

#include <string>

#include "expr/check.h"
#include "expr/print.h"
#include "traceql/check.h"
#include "traceql/parse.h"

namespace clew::traceql {
namespace {

FieldExpression Filter(const std::string& text) {
  const auto query = Parse("{ " + text + " }");
  EXPECT_TRUE(query.has_value()) << query.error().message;
  FieldExpression filter = query->pipeline[0].spansets.filter;
  EXPECT_TRUE(CheckFilter(filter).has_value()) << text;
  return filter;
}

/// The condition, with "~ " before it when it is not exact.
std::string Lowered(const std::string& text, Naming naming = Naming::kAllNames) {
  const auto lowered = Lower(Filter(text), naming);
  if (!lowered) return lowered.error().message;
  const Status status = expr::Check(lowered->condition);
  EXPECT_TRUE(status.has_value()) << text << ": " << status.error().message;
  return (lowered->is_exact ? "" : "~ ") + expr::Print(lowered->condition);
}

TEST(Lower, Strings) {
  EXPECT_EQ(Lowered("span.x = \"a\""), "span.x = \"a\"");
  EXPECT_EQ(Lowered("\"a\" = span.x"), "span.x = \"a\"");
  // Only of strings, of which every other one is less or more.
  EXPECT_EQ(Lowered("span.x != \"a\""), "span.x < \"a\" || span.x > \"a\"");
  EXPECT_EQ(Lowered("span.x >= \"a\""), "span.x >= \"a\"");
  EXPECT_EQ(Lowered("\"a\" < resource.x"), "resource.x > \"a\"");
  EXPECT_EQ(Lowered("resource.x =~ \"a.*\""), "resource.x >= \"\" && resource.x =~ whole \"a.*\"");
  EXPECT_EQ(Lowered("span.x !~ \"(?i)a\""), "span.x >= \"\" && !(span.x =~ whole \"(?i)a\")");
  EXPECT_EQ(Lowered("instrumentation.x = \"a\""), "scope.x = \"a\"");
}

TEST(Lower, NumbersOfAllTypes) {
  EXPECT_EQ(Lowered("span.x = 5"), "span.x = 5 || span.x = 5");
  EXPECT_EQ(Lowered("span.x > 1s"), "span.x > 1000000000 || span.x > 1000000000");
  EXPECT_EQ(Lowered("span.x != 5"), "span.x < 5 || span.x > 5 || span.x < 5 || span.x > 5");
  EXPECT_EQ(Lowered("span.x < 1.5"), "span.x < 2 || span.x < 1.5");
  EXPECT_EQ(Lowered("span.x <= 1.5"), "span.x <= 1 || span.x <= 1.5");
  EXPECT_EQ(Lowered("span.x > -1.5"), "span.x > -2 || span.x > -1.5");
  EXPECT_EQ(Lowered("span.x >= 1.5"), "span.x >= 2 || span.x >= 1.5");
  // No whole number is, and all of them are another one.
  EXPECT_EQ(Lowered("span.x = 1.5"), "span.x = 1.5");
  EXPECT_EQ(Lowered("span.x != 1.5"),
            "span.x >= -9223372036854775808 || span.x < 1.5 || span.x > 1.5");
  EXPECT_EQ(Lowered("span.x > 1e300"), "span.x > 1e+300");
  EXPECT_EQ(Lowered("span.x < 1e300"), "span.x >= -9223372036854775808 || span.x < 1e+300");
  EXPECT_EQ(Lowered("duration > 1.5s"), "span:duration > 1500000000");
  EXPECT_EQ(Lowered("duration >= 0.5"), "span:duration >= 1");
  EXPECT_EQ(Lowered("duration != 1ms"), "span:duration < 1000000 || span:duration > 1000000");
}

TEST(Lower, TruthStatusAndKind) {
  EXPECT_EQ(Lowered("span.x = true"), "span.x = true");
  EXPECT_EQ(Lowered("span.x != true"), "span.x = false");
  EXPECT_EQ(Lowered("span.x"), "span.x = true");
  EXPECT_EQ(Lowered("!span.x"), "span.x = false");
  EXPECT_EQ(Lowered("status = error"), "span:status = \"error\"");
  EXPECT_EQ(Lowered("status != unset"), "!(span:status = \"unset\")");
  EXPECT_EQ(Lowered("kind = server"), "span:kind = \"server\"");
  EXPECT_EQ(Lowered("span.x = unset"), "span.x = 2");
  EXPECT_EQ(Lowered("span.x = server"), "false");
  EXPECT_EQ(Lowered("true"), "true");
  EXPECT_EQ(Lowered("1 = 2"), "false");
  EXPECT_EQ(Lowered("\"ab\" =~ \"a.*\""), "true");
  EXPECT_EQ(Lowered("\"ab\" !~ \"a\""), "true");
}

TEST(Lower, Nil) {
  EXPECT_EQ(Lowered("span.x = nil"), "!(span.x exists)");
  EXPECT_EQ(Lowered("nil != span.x"), "span.x exists");
  EXPECT_EQ(Lowered(".x = nil"), "!(.x exists)");
  EXPECT_EQ(Lowered(".x != nil"), ".x exists");
  EXPECT_EQ(Lowered("event.x = nil"), "some event (!(event.x exists))");
  EXPECT_EQ(Lowered("name != nil"), "true");
}

TEST(Lower, UnscopedIsOfTheSpanWhereThatHasIt) {
  EXPECT_EQ(Lowered(".x = \"a\""), "span.x = \"a\" || (resource.x = \"a\" && !(span.x exists))");
  EXPECT_EQ(Lowered(".x != true"), "span.x = false || (resource.x = false && !(span.x exists))");
}

TEST(Lower, OfSeveralNamesTheFirstThatIsThereDecides) {
  EXPECT_EQ(Lowered("span.http.method = \"GET\""),
            "span.http.method = \"GET\" || (span.http.request.method = \"GET\" && "
            "!(span.http.method exists))");
  EXPECT_EQ(Lowered("span.http.request.method = \"GET\""),
            "span.http.request.method = \"GET\" || (span.http.method = \"GET\" && "
            "!(span.http.request.method exists))");
  EXPECT_EQ(Lowered(".http.method = true"),
            "span.http.method = true || (span.http.request.method = true && "
            "!(span.http.method exists)) || (resource.http.method = true && "
            "!(span.http.method exists) && !(span.http.request.method exists)) || "
            "(resource.http.request.method = true && !(span.http.method exists) && "
            "!(span.http.request.method exists) && !(resource.http.method exists))");
  EXPECT_EQ(Lowered("event.http.method = true"),
            "some event (event.http.method = true || (event.http.request.method = true && "
            "!(event.http.method exists)))");
  EXPECT_EQ(Lowered("span.http.method != nil"),
            "span.http.method exists || span.http.request.method exists");
  EXPECT_EQ(Lowered(".http.method = nil"), "!(.http.method exists || .http.request.method exists)");
  // Each text is asked for once at each place.
  EXPECT_EQ(Lowered("span.http.method = \"GET\" || span.http.method = \"PUT\""),
            "span.http.method in (\"GET\", \"PUT\") || (span.http.request.method in (\"GET\", "
            "\"PUT\") && !(span.http.method exists))");
  EXPECT_EQ(Lowered("span.http.method = true", Naming::kAsAsked), "span.http.method = true");
  EXPECT_EQ(Lowered("span.http.method = nil", Naming::kAsAsked), "!(span.http.method exists)");
}

TEST(Lower, TextsAndIdsThatAreNotThereAreEmpty) {
  EXPECT_EQ(Lowered("statusMessage = \"no\""), "span:statusMessage = \"no\"");
  EXPECT_EQ(Lowered("statusMessage != \"no\""), "!(span:statusMessage = \"no\")");
  EXPECT_EQ(Lowered("statusMessage = \"\""), "!(span:statusMessage exists)");
  EXPECT_EQ(Lowered("statusMessage < \"b\""),
            "span:statusMessage < \"b\" || !(span:statusMessage exists)");
  EXPECT_EQ(Lowered("statusMessage > \"b\""), "span:statusMessage > \"b\"");
  EXPECT_EQ(Lowered("statusMessage =~ \"a*\""),
            "span:statusMessage =~ whole \"a*\" || !(span:statusMessage exists)");
  EXPECT_EQ(Lowered("statusMessage !~ \"a+\""), "!(span:statusMessage =~ whole \"a+\")");
  EXPECT_EQ(Lowered("name = \"\""), "span:name = \"empty-span-name\"");
  EXPECT_EQ(Lowered("instrumentation:name = 5"), "false");
  EXPECT_EQ(Lowered("span:parentID = \"\""), "!(span:parentID exists)");
  EXPECT_EQ(Lowered("span:parentID = \"0000000000000000\""), "!(span:parentID exists)");
  EXPECT_EQ(Lowered("span:id = \"ABC\""), "span:id = \"0000000000000abc\"");
  EXPECT_EQ(Lowered("trace:id = \"00abc\""), "span:traceID = \"00000000000000000000000000000abc\"");
  EXPECT_EQ(Lowered("trace:id != \"abc\""),
            "!(span:traceID = \"00000000000000000000000000000abc\")");
  EXPECT_EQ(Lowered("trace:id =~ \"00.*\""), "span:traceID =~ whole \"00.*\"");
}

TEST(Lower, ConditionsThatAreJoinedAreOfOneEvent) {
  EXPECT_EQ(Lowered("event.x = \"a\""), "some event (event.x = \"a\")");
  EXPECT_EQ(Lowered("event:name = \"e\" && span.y = \"b\" && event.x = \"a\""),
            "some event (event:name = \"e\" && event.x = \"a\") && span.y = \"b\"");
  EXPECT_EQ(Lowered("event.x = \"a\" && (span.y = \"b\" && event.z = \"c\")"),
            "some event (event.x = \"a\" && event.z = \"c\") && span.y = \"b\"");
  EXPECT_EQ(Lowered("event.x = \"a\" && (event.y = \"b\" || event.y = \"c\")"),
            "some event (event.x = \"a\" && event.y in (\"b\", \"c\"))");
  EXPECT_EQ(Lowered("event.x = \"a\" || event.y = \"b\""),
            "some event (event.x = \"a\" || event.y = \"b\")");
  EXPECT_EQ(Lowered("event.x = \"a\" && !(event.y = \"b\")"),
            "some event (event.x = \"a\") && !(some event (event.y = \"b\"))");
  EXPECT_EQ(Lowered("link.x = \"a\" && event.x = \"b\" && link:spanID = \"1\""),
            "some event (event.x = \"b\") && some link (link.x = \"a\" && link:spanID = "
            "\"0000000000000001\")");
  EXPECT_EQ(Lowered("event:timeSinceStart > 1ms"), "some event (event:timeSinceStart > 1000000)");
}

TEST(Lower, AsksOnceForAllTextsOfAnAttribute) {
  EXPECT_EQ(Lowered("span.x = \"a\" || span.y = \"c\" || span.x = \"b\""),
            "span.x in (\"a\", \"b\") || span.y = \"c\"");
  EXPECT_EQ(Lowered("name = \"a\" || name = \"b\""), "span:name in (\"a\", \"b\")");
  EXPECT_EQ(Lowered(".x = \"a\" || .x = \"b\""),
            "span.x in (\"a\", \"b\") || (resource.x in (\"a\", \"b\") && !(span.x exists))");
  EXPECT_EQ(Lowered("span.x = \"a\" || span.x = 1"), "span.x = \"a\" || span.x = 1 || span.x = 1");
}

TEST(Lower, SaysWhatItCannotSay) {
  for (const char* text :
       {"span.x + 1 = 2", "span.x = span.y", "parent.x = 1", "root.span.x = 1",
        "span:childCount > 1", "traceDuration > 1s", "rootName = \"x\"", "rootServiceName = \"x\"",
        "nestedSetParent < 0", "-span.x = 1", "!(parent.x = 1)", "span.a = \"b\" || parent.x = 1",
        "!(span.a = \"b\" && parent.x = 1)", "duration * 2 > 1s", "event.x = event.y",
        "span.a + span.b"}) {
    EXPECT_EQ(Lowered(text), "~ true") << text;
  }
  EXPECT_EQ(Lowered("span.a = \"b\" && parent.x = 1 && span.c = \"d\""),
            "~ span.a = \"b\" && span.c = \"d\"");
  EXPECT_EQ(Lowered("(span.a = \"b\" && parent.x = 1) || span.c = \"d\""),
            "~ span.a = \"b\" || span.c = \"d\"");
}

TEST(Lower, PartsKnowWhereTheyStand) {
  const auto lowered = Lower(Filter("span.a = \"b\" && event.c = \"d\""), Naming::kAllNames);
  ASSERT_TRUE(lowered.has_value());
  const expr::Expression& event = lowered->condition.operands[0].operands[0];
  EXPECT_EQ(event.range, (expr::TextRange{18, 31}));
  EXPECT_EQ(lowered->condition.operands[1].range, (expr::TextRange{2, 14}));
}

TEST(Lower, RefusesAPatternThatDoesNotCompile) {
  const auto lowered =
      Lower(Parse("{ span.a =~ \"(\" }")->pipeline[0].spansets.filter, Naming::kAllNames);
  ASSERT_FALSE(lowered.has_value());
  EXPECT_EQ(lowered.error().code, Code::kInvalidArgument);
}

}  // namespace
}  // namespace clew::traceql

#include "app/cli/text.h"

#include <gtest/gtest.h>

namespace clew::app::cli {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(Text, NothingSteersTheTerminal) {
  EXPECT_EQ(SafeText("a\x1b[31mb"), "a?[31mb");
  EXPECT_EQ(SafeText("tab\tline\n"), "tab?line?");
  EXPECT_EQ(SafeText("c1 \xc2\x9b end"), "c1 ? end");
  EXPECT_EQ(SafeText("\xff\xfeok\xc3"), "??ok?");
  EXPECT_EQ(SafeText("grün ✗"), "grün ✗");
  EXPECT_EQ(SafeLines("tab\tline\n\x1b[31m\r"), "tab\tline\n?[31m?");
  EXPECT_EQ(SafeText("evil \u202egnp.exe"), "evil ?gnp.exe");
}

TEST(Text, FitCutsAndPadsByCodePoint) {
  EXPECT_EQ(Fit("abc", 5), "abc  ");
  EXPECT_EQ(Fit("abcdef", 4), "abc…");
  EXPECT_EQ(Fit("grünlich", 4), "grü…");
  EXPECT_EQ(Fit("abc", 0), "");
  EXPECT_EQ(FitRight("ü", 3), "  ü");
}

TEST(Text, WidthIsThatOfATerminal) {
  EXPECT_EQ(TextWidth("東京"), 4u);
  EXPECT_EQ(TextWidth("🚀"), 2u);
  EXPECT_EQ(TextWidth("e\u0301"), 1u);
  EXPECT_EQ(TextWidth("✗│█"), 3u);
  EXPECT_EQ(TextWidth("\xff"), 1u);
  EXPECT_EQ(Fit("東京駅", 5), "東京…");
  EXPECT_EQ(Fit("東京駅", 4), "東… ");
  EXPECT_EQ(Fit("東京", 6), "東京  ");
}

TEST(Text, DurationsHaveThreeDigits) {
  EXPECT_EQ(DurationText(Nanos(0)), "0ns");
  EXPECT_EQ(DurationText(Nanos(999)), "999ns");
  EXPECT_EQ(DurationText(Nanos(1'500)), "1.5µs");
  EXPECT_EQ(DurationText(Nanos(45'678)), "45.7µs");
  EXPECT_EQ(DurationText(Nanos(999'600)), "1ms");
  EXPECT_EQ(DurationText(milliseconds(412)), "412ms");
  EXPECT_EQ(DurationText(milliseconds(1'234)), "1.23s");
  EXPECT_EQ(DurationText(seconds(59)), "59s");
  EXPECT_EQ(DurationText(seconds(123)), "2m03s");
  EXPECT_EQ(DurationText(seconds(3'720)), "1h02m");
  EXPECT_EQ(DurationText(milliseconds(-20)), "-20ms");
  EXPECT_EQ(DurationText(Nanos::min()), "-2562047h47m");
}

TEST(Text, TimesAreUtc) {
  EXPECT_EQ(TimeText(1'700'000'000'123'456'789), "2023-11-14 22:13:20.123");
  EXPECT_EQ(TimeText(0), "1970-01-01 00:00:00.000");
  EXPECT_EQ(TimeText(-1), "1969-12-31 23:59:59.999");
}

TEST(Text, CountsAndSizes) {
  EXPECT_EQ(CountText(0), "0");
  EXPECT_EQ(CountText(999), "999");
  EXPECT_EQ(CountText(852'420), "852,420");
  EXPECT_EQ(CountText(1'000'000), "1,000,000");
  EXPECT_EQ(SizeText(512), "512 B");
  EXPECT_EQ(SizeText(1536), "1.5 KiB");
  EXPECT_EQ(JsonText("a\"b\\\n"), "\"a\\\"b\\\\\\u000a\"");
}

TEST(Text, OneIsNotMany) {
  EXPECT_EQ(CountText(1, "request"), "1 request");
  EXPECT_EQ(CountText(0, "span"), "0 spans");
  EXPECT_EQ(CountText(1'234, "span"), "1,234 spans");
}

}  // namespace
}  // namespace clew::app::cli

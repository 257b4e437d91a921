#include "app/telemetry/telemetry_client.h"

#include <gtest/gtest.h>

namespace clew::app::telemetry {
namespace {

TEST(ParseSamples, NamesLabelsAndValues) {
  const auto samples = ParseSamples(
      "# HELP a Things\n# TYPE a counter\n"
      "a{x=\"1\",y=\"q\\\"\\\\\\n\"} 5\n"
      "b 2.5e3\n"
      "nonsense\n"
      "c{x=\"1\" 5\n");

  ASSERT_EQ(samples.size(), 2u);
  EXPECT_EQ(samples[0].name, "a");
  EXPECT_EQ(samples[0].Label("x"), "1");
  EXPECT_EQ(samples[0].Label("y"), "q\"\\\n");
  EXPECT_EQ(samples[0].Label("z"), "");
  EXPECT_EQ(samples[0].value, 5);
  EXPECT_EQ(samples[1].value, 2500);
}

}  // namespace
}  // namespace clew::app::telemetry

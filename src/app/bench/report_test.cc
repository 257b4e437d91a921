#include "app/bench/report.h"

#include <gtest/gtest.h>

namespace clew::app::bench {
namespace {

TEST(Report, LastLineIsJson) {
  Report report("decode", "spans/s/core");
  report.SetValue(1'234'567.8);
  report.Add("seconds", 0.5);
  report.Add("note", "warm");

  const std::string text = report.ToText();

  EXPECT_TRUE(text.ends_with(
      "\n{\"bench\":\"decode\",\"value\":1234568,\"unit\":\"spans/s/core\",\"seconds\":0.5,"
      "\"note\":\"warm\"}\n"))
      << text;
}

TEST(Percentile, TakesTheNearest) {
  const std::vector<double> values = {5, 1, 4, 2, 3};

  EXPECT_EQ(Percentile(values, 0.5), 3);
  EXPECT_EQ(Percentile(values, 0), 1);
  EXPECT_EQ(Percentile(values, 0.99), 5);
  EXPECT_EQ(Percentile({7}, 0.5), 7);
}

}  // namespace
}  // namespace clew::app::bench

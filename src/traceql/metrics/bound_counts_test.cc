#include "traceql/metrics/bound_counts.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <vector>

namespace clew::traceql::metrics {
namespace {

TEST(BoundCounts, BoundsArePowersOfTwo) {
  struct Case {
    double value, bound;
  };
  const Case cases[] = {
      {1, 1},
      {1.5, 2},
      {2, 2},
      {2.0000001, 4},
      {1024, 1024},
      {1025, 2048},
      {0.5, 0.5},
      {0.3, 0.5},
      {0, 0},
      {-3, 0},
      {1e300, std::ldexp(1, 997)},
  };
  for (const Case& c : cases) EXPECT_EQ(BoundCounts::BoundOf(c.value), c.bound) << c.value;
}

TEST(BoundCounts, CountsAreTakenOnce) {
  const std::vector<double> values = {3, 0, 4, -1e300, 3.5};
  const std::vector<double> weights = {1, 1, 1, 1, 2.5};
  BoundCounts counts;
  const auto taken = [&counts] {
    std::map<double, double> all;
    counts.Take([&](double bound, double count) { all[bound] += count; });
    return all;
  };

  counts.Add(values, weights);
  EXPECT_EQ(taken(), (std::map<double, double>{{0, 2}, {4, 4.5}}));
  EXPECT_TRUE(taken().empty());
  counts.Add(values, {});
  EXPECT_EQ(taken(), (std::map<double, double>{{0, 2}, {4, 3}}));
}

}  // namespace
}  // namespace clew::traceql::metrics

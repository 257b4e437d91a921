#include "traceql/metrics/points_by_cell.h"

#include <gtest/gtest.h>

#include <limits>
#include <tuple>
#include <vector>

#include "traceql/metrics/time_range.h"

namespace clew::traceql::metrics {
namespace {

using Runs =
    std::vector<std::tuple<Group, std::uint32_t, std::vector<double>, std::vector<double>>>;

Runs RunsOf(const Points& points) {
  Runs runs;
  PointsByCell(points).ForEach([&](const PointsByCell::Run& run) {
    runs.emplace_back(run.group, run.bucket,
                      std::vector<double>(run.values.begin(), run.values.end()),
                      std::vector<double>(run.weights.begin(), run.weights.end()));
  });
  return runs;
}

TEST(PointsByCell, ThoseOfACellAreTogetherAsTheyCame) {
  const std::vector<std::uint32_t> buckets = {5, 4, 5, 4, 5, 5};
  const std::vector<Group> groups = {1, 0, 1, 1, 0, 1};
  const std::vector<double> values = {3, 1, 2, 7, 9, 3};
  const std::vector<double> weights = {1, 2, 3, 4, 5, 6};
  const Runs expected = {
      {0, 4, {1}, {2}}, {0, 5, {9}, {5}}, {1, 4, {7}, {4}}, {1, 5, {3, 2, 3}, {1, 3, 6}}};

  EXPECT_EQ(RunsOf({.buckets = buckets, .groups = groups, .values = values, .weights = weights}),
            expected);
}

TEST(PointsByCell, FarCellsAreDividedTheSameWay) {
  const std::vector<std::uint32_t> buckets = {4'000'000'000, 4, 4'000'000'000, 4};
  const std::vector<Group> groups = {900'000'000, 0, 900'000'000, 7};
  const std::vector<double> values = {3, 1, 2, 8};
  const Runs expected = {
      {0, 4, {1}, {}}, {7, 4, {8}, {}}, {900'000'000, 4'000'000'000, {3, 2}, {}}};

  EXPECT_EQ(RunsOf({.buckets = buckets, .groups = groups, .values = values}), expected);
}

TEST(PointsByCell, WhatDoesNotCountIsLeftOut) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const std::vector<std::uint32_t> buckets = {TimeRange::kNoBucket, 3, 3, 3};
  const std::vector<double> values = {1, kInfinity, std::numeric_limits<double>::quiet_NaN(), -4};
  const std::vector<double> others = {1, kInfinity, kInfinity, -kInfinity};

  EXPECT_EQ(RunsOf({.buckets = buckets, .values = values}), (Runs{{0, 3, {-4}, {}}}));
  EXPECT_EQ(RunsOf({.buckets = buckets, .values = others}), Runs());
}

}  // namespace
}  // namespace clew::traceql::metrics

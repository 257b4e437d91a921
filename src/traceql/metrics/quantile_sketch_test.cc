#include "traceql/metrics/quantile_sketch.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <random>
#include <vector>

namespace clew::traceql::metrics {
namespace {

constexpr double kQuantiles[] = {0, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999, 1};

/// The value of the rank, of sorted ones.
double TrueQuantile(const std::vector<double>& sorted, double quantile) {
  const double rank = std::ceil(quantile * static_cast<double>(sorted.size()) - 1e-9);
  return sorted[static_cast<std::size_t>(std::max(rank - 1, 0.0))];
}

void ExpectClose(std::vector<double> values, const QuantileSketch& sketch) {
  std::ranges::sort(values);
  for (const double quantile : kQuantiles) {
    const double expected = TrueQuantile(values, quantile);
    EXPECT_NEAR(sketch.Quantile(quantile), expected, 0.01 * std::abs(expected)) << quantile;
  }
}

TEST(QuantileSketch, IsRightToOnePercent) {
  std::mt19937_64 random(1);
  std::exponential_distribution<double> exponential(1e-9);
  std::lognormal_distribution<double> lognormal(15, 3);
  std::normal_distribution<double> normal(0, 1e5);
  std::uniform_real_distribution<double> exponent(-300, 300);
  const std::function<double()> distributions[] = {
      [&] { return exponential(random); },
      [&] { return lognormal(random); },
      // Half of them are negative.
      [&] { return normal(random); },
      [&] { return std::pow(10, exponent(random)); },
      [&] { return static_cast<double>(random() % 20); },
  };
  constexpr std::size_t kCounts[] = {1, 2, 10, 300, 3'000};
  for (const auto& draw : distributions) {
    for (const std::size_t count : kCounts) {
      std::vector<double> values;
      QuantileSketch sketch;
      for (std::size_t i = 0; i < count; ++i) {
        values.push_back(draw());
        sketch.Add(values.back(), 1);
      }
      ExpectClose(values, sketch);
    }
  }
}

TEST(QuantileSketch, EndsAndEqualValuesAreExact) {
  QuantileSketch sketch;
  EXPECT_TRUE(std::isnan(sketch.Quantile(0.5)));
  for (int i = 0; i < 7; ++i) sketch.Add(123.456, 1);
  for (const double quantile : kQuantiles) EXPECT_EQ(sketch.Quantile(quantile), 123.456);
  sketch.Add(-5.5, 1);
  sketch.Add(0, 1);
  EXPECT_EQ(sketch.Quantile(0), -5.5);
  EXPECT_EQ(sketch.Quantile(0.2), 0);
  EXPECT_EQ(sketch.Quantile(1), 123.456);
}

TEST(QuantileSketch, RoundingDoesNotAskForTheNextValue) {
  QuantileSketch sketch;
  // 0.14 * 50 is a little more than 7.
  for (int i = 1; i <= 50; ++i) sketch.Add(i, 1);
  EXPECT_NEAR(sketch.Quantile(0.14), 7, 0.07);
}

TEST(QuantileSketch, AWeightIsSoManyValues) {
  QuantileSketch weighted;
  QuantileSketch plain;
  for (int value = 1; value <= 30; ++value) {
    weighted.Add(value, value);
    for (int i = 0; i < value; ++i) plain.Add(value, 1);
  }
  for (const double quantile : kQuantiles) {
    EXPECT_EQ(weighted.Quantile(quantile), plain.Quantile(quantile)) << quantile;
  }
}

TEST(QuantileSketch, MergedPartsAreTheWhole) {
  std::mt19937_64 random(2);
  QuantileSketch whole;
  QuantileSketch parts[3];
  for (int i = 0; i < 1'000; ++i) {
    const double value = static_cast<double>(random() % 100'000) - 20'000;
    whole.Add(value, 1);
    parts[random() % 3].Add(value, 1);
  }
  parts[2].Merge(parts[0]);
  parts[1].Merge(parts[2]);
  parts[1].Merge(QuantileSketch());
  for (const double quantile : kQuantiles) {
    EXPECT_EQ(parts[1].Quantile(quantile), whole.Quantile(quantile)) << quantile;
  }
}

}  // namespace
}  // namespace clew::traceql::metrics

#pragma once

#include <cmath>
#include <limits>

#include "traceql/metrics/sum.h"

/// What a function keeps of the spans of one series in one bucket. Each begins as that of no spans;
/// `weight` is how many spans one stands for.
namespace clew::traceql::metrics {

inline constexpr double kNoValue = std::numeric_limits<double>::quiet_NaN();

struct Count {
  void Add(double /*value*/, double weight) { count.Add(weight); }
  void Merge(const Count& other) { count.Add(other.count); }
  bool empty() const { return count.value() == 0; }
  double value() const { return count.value(); }

  Sum count{};
};

struct Least {
  void Add(double value, double /*weight*/) {
    if (std::isnan(least) || value < least) least = value;
  }
  void Merge(const Least& other) {
    if (!std::isnan(other.least)) Add(other.least, 1);
  }
  bool empty() const { return std::isnan(least); }
  double value() const { return least; }

  double least = kNoValue;
};

struct Greatest {
  void Add(double value, double /*weight*/) {
    if (std::isnan(greatest) || value > greatest) greatest = value;
  }
  void Merge(const Greatest& other) {
    if (!std::isnan(other.greatest)) Add(other.greatest, 1);
  }
  bool empty() const { return std::isnan(greatest); }
  double value() const { return greatest; }

  double greatest = kNoValue;
};

/// For sums and means.
struct Total {
  void Add(double value, double weight) {
    sum.Add(value * weight);
    count.Add(weight);
  }
  void Merge(const Total& other) {
    sum.Add(other.sum);
    count.Add(other.count);
  }
  bool empty() const { return count.value() == 0; }
  double value() const { return empty() ? kNoValue : sum.value(); }
  double mean() const { return empty() ? kNoValue : sum.value() / count.value(); }

  Sum sum{};
  Sum count{};
};

}  // namespace clew::traceql::metrics

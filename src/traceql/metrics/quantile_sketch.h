#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace clew::traceql::metrics {

/// Numbers of which quantiles are asked: how many there are in buckets that are 1/64 of a power of
/// two wide, so that no quantile is off by more than 1/128 of itself, 0.8 %. Any finite number, of
/// either sign, has a bucket; its number is the upper bits of the double, nothing is reckoned.
///
/// The quantiles 0 and 1 are exact, and all of them where all numbers are equal.
class QuantileSketch {
 public:
  /// `value` is finite, `weight` more than 0: so many values are meant.
  void Add(double value, double weight);
  void Merge(const QuantileSketch& other);

  /// The value of which a share of `quantile` (0 to 1) is not above it: of 10 values the 0.5
  /// quantile is the fifth. NaN when there are none.
  double Quantile(double quantile) const;
  bool empty() const { return keys_.empty(); }
  /// Bytes on the heap.
  std::size_t heap_bytes() const {
    return keys_.capacity() * sizeof(std::int32_t) + weights_.capacity() * sizeof(double);
  }

 private:
  // Keys order as their values do.
  static std::int32_t KeyOf(double value);
  static double MiddleOf(std::int32_t key);
  std::size_t PlaceOf(std::int32_t key) const;
  void AddTo(std::int32_t key, double weight);

  /// Of buckets with values in them, in their order; apart, since it is keys that are searched.
  std::vector<std::int32_t> keys_;
  std::vector<double> weights_;
  double least_ = std::numeric_limits<double>::infinity();
  double greatest_ = -std::numeric_limits<double>::infinity();
};

}  // namespace clew::traceql::metrics

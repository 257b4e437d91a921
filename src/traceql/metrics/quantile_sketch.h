#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
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
  /// The same of many; `weights` are as many, or none: then each value is meant once.
  void Add(std::span<const double> values, std::span<const double> weights);
  void Merge(const QuantileSketch& other);

  /// The value of which a share of `quantile` (0 to 1) is not above it: of 10 values the 0.5
  /// quantile is the fifth. NaN when there are none.
  double Quantile(double quantile) const;
  bool empty() const { return numbers_.empty(); }
  /// Bytes on the heap.
  std::size_t heap_bytes() const {
    return numbers_.capacity() * sizeof(std::int32_t) + weights_.capacity() * sizeof(Weights);
  }

 private:
  static constexpr std::int32_t kChunkKeys = 16;
  using Weights = std::array<double, kChunkKeys>;

  // Keys order as their values do.
  static std::int32_t KeyOf(double value);
  static double MiddleOf(std::int32_t key);
  Weights& ChunkOf(std::int32_t number);
  bool has_gaps() const;
  void FillGaps(std::int32_t number);

  /// Neighbouring buckets are together in chunks, of a quarter of a power of two. Values of one
  /// series are alike, so that a chunk is looked for among few, mostly without gaps: small ones are
  /// filled. In their order.
  std::vector<std::int32_t> numbers_;
  std::vector<Weights> weights_;
  double least_ = std::numeric_limits<double>::infinity();
  double greatest_ = -std::numeric_limits<double>::infinity();
};

}  // namespace clew::traceql::metrics

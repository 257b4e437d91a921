#include "traceql/metrics/quantile_sketch.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace clew::traceql::metrics {
namespace {

/// Of the 52 bits behind the leading one of a double all but the first six.
constexpr int kBitsBelow = 46;

}  // namespace

std::int32_t QuantileSketch::KeyOf(double value) {
  // One more, since 0 is for zero alone.
  const std::uint64_t bits = std::bit_cast<std::uint64_t>(std::abs(value)) >> kBitsBelow;
  const auto key = value == 0 ? 0 : static_cast<std::int32_t>(bits) + 1;
  return value < 0 ? -key : key;
}

double QuantileSketch::MiddleOf(std::int32_t key) {
  if (key == 0) return 0;
  const auto bits = static_cast<std::uint64_t>(std::abs(key) - 1) << kBitsBelow;
  const auto middle = std::bit_cast<double>(bits + (std::uint64_t{1} << (kBitsBelow - 1)));
  return key < 0 ? -middle : middle;
}

/// Of the first key that is not less. Without branches, which nobody could foresee.
std::size_t QuantileSketch::PlaceOf(std::int32_t key) const {
  const std::int32_t* const keys = keys_.data();
  std::size_t place = 0;
  for (std::size_t left = keys_.size(); left > 0;) {
    const std::size_t half = (left + 1) / 2;
    place += keys[place + half - 1] < key ? half : 0;
    left -= half;
  }
  return place;
}

void QuantileSketch::AddTo(std::int32_t key, double weight) {
  const std::size_t place = PlaceOf(key);
  if (place < keys_.size() && keys_[place] == key) {
    weights_[place] += weight;
  } else {
    const auto offset = static_cast<std::ptrdiff_t>(place);
    keys_.insert(keys_.begin() + offset, key);
    weights_.insert(weights_.begin() + offset, weight);
  }
}

void QuantileSketch::Add(double value, double weight) {
  AddTo(KeyOf(value), weight);
  least_ = std::min(least_, value);
  greatest_ = std::max(greatest_, value);
}

void QuantileSketch::Merge(const QuantileSketch& other) {
  for (std::size_t i = 0; i < other.keys_.size(); ++i) AddTo(other.keys_[i], other.weights_[i]);
  least_ = std::min(least_, other.least_);
  greatest_ = std::max(greatest_, other.greatest_);
}

double QuantileSketch::Quantile(double quantile) const {
  if (empty()) return std::numeric_limits<double>::quiet_NaN();
  if (quantile <= 0) return least_;
  if (quantile >= 1) return greatest_;
  double total = 0;
  for (const double weight : weights_) total += weight;
  // A little less, so that what rounding adds does not ask for the next value.
  const double wanted = quantile * total * (1 - 1e-12);
  double passed = 0;
  for (std::size_t i = 0; i < keys_.size(); ++i) {
    passed += weights_[i];
    if (passed >= wanted) return std::clamp(MiddleOf(keys_[i]), least_, greatest_);
  }
  return greatest_;
}

}  // namespace clew::traceql::metrics

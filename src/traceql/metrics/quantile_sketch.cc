#include "traceql/metrics/quantile_sketch.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>

namespace clew::traceql::metrics {
namespace {

/// Of the 52 bits behind the leading one of a double all but the first six.
constexpr int kBitsBelow = 46;
/// Of a key, its place in the chunk.
constexpr int kChunkBits = 4;

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

QuantileSketch::Weights& QuantileSketch::ChunkOf(std::int32_t number) {
  FillGaps(number);
  const auto place = std::ranges::lower_bound(numbers_, number);
  const std::ptrdiff_t offset = place - numbers_.begin();
  if (place == numbers_.end() || *place != number) {
    numbers_.insert(place, number);
    weights_.insert(weights_.begin() + offset, Weights{});
  }
  return weights_[static_cast<std::size_t>(offset)];
}

bool QuantileSketch::has_gaps() const {
  return !numbers_.empty() && std::int64_t{numbers_.back()} - numbers_.front() + 1 !=
                                  static_cast<std::int64_t>(numbers_.size());
}

// What is missing between those that there are and one that lies a little apart.
void QuantileSketch::FillGaps(std::int32_t number) {
  constexpr std::int64_t kFilledMax = 16;
  if (numbers_.empty() || has_gaps()) return;
  const std::int64_t first = numbers_.front();
  const std::int64_t last = numbers_.back();
  if (number < first && first - number <= kFilledMax) {
    weights_.insert(weights_.begin(), static_cast<std::size_t>(first - number), Weights{});
    std::vector<std::int32_t> numbers(static_cast<std::size_t>(first - number));
    std::iota(numbers.begin(), numbers.end(), number);
    numbers_.insert(numbers_.begin(), numbers.begin(), numbers.end());
  } else if (number > last && number - last <= kFilledMax) {
    for (std::int32_t next = numbers_.back() + 1; next <= number; ++next) numbers_.push_back(next);
    weights_.resize(numbers_.size());
  }
}

void QuantileSketch::Add(double value, double weight) {
  Add(std::span(&value, 1), std::span(&weight, 1));
}

void QuantileSketch::Add(std::span<const double> values, std::span<const double> weights) {
  // Of those without gaps: where they begin, and how many there are.
  std::int64_t first = 0;
  std::size_t count = 0;
  Weights* chunks = nullptr;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double value = values[i];
    const std::int32_t key = KeyOf(value);
    const std::int32_t number = key >> kChunkBits;  // floors, also below zero
    const auto place = static_cast<std::size_t>(number - first);
    Weights* chunk = nullptr;
    if (place < count) {
      chunk = chunks + place;
    } else {
      chunk = &ChunkOf(number);
      first = numbers_.front();
      count = has_gaps() ? 0 : numbers_.size();
      chunks = weights_.data();
    }
    (*chunk)[static_cast<std::size_t>(key & (kChunkKeys - 1))] += weights.empty() ? 1 : weights[i];
    least_ = std::min(least_, value);
    greatest_ = std::max(greatest_, value);
  }
}

void QuantileSketch::Merge(const QuantileSketch& other) {
  for (std::size_t chunk = 0; chunk < other.numbers_.size(); ++chunk) {
    const Weights& from = other.weights_[chunk];
    Weights& to = ChunkOf(other.numbers_[chunk]);
    for (std::size_t i = 0; i < from.size(); ++i) to[i] += from[i];
  }
  least_ = std::min(least_, other.least_);
  greatest_ = std::max(greatest_, other.greatest_);
}

double QuantileSketch::Quantile(double quantile) const {
  if (empty()) return std::numeric_limits<double>::quiet_NaN();
  if (quantile <= 0) return least_;
  if (quantile >= 1) return greatest_;
  double total = 0;
  for (const Weights& chunk : weights_) {
    for (const double weight : chunk) total += weight;
  }
  // A little less, so that what rounding adds does not ask for the next value.
  const double wanted = quantile * total * (1 - 1e-12);
  double passed = 0;
  for (std::size_t chunk = 0; chunk < numbers_.size(); ++chunk) {
    for (std::int32_t i = 0; i < kChunkKeys; ++i) {
      const double weight = weights_[chunk][static_cast<std::size_t>(i)];
      passed += weight;
      if (weight > 0 && passed >= wanted) {
        return std::clamp(MiddleOf(numbers_[chunk] * kChunkKeys + i), least_, greatest_);
      }
    }
  }
  return greatest_;
}

}  // namespace clew::traceql::metrics

#include "traceql/metrics/points_by_cell.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "traceql/metrics/time_range.h"

namespace clew::traceql::metrics {
namespace {

/// With more cells for each point it is quicker to sort.
constexpr std::size_t kCellsPerPointMax = 4;

Group GroupAt(const Points& points, std::size_t position) {
  return points.groups.empty() ? 0 : points.groups[position];
}

/// Calls visit(position) for those that count.
template <typename Visit>
void ForEachPoint(const Points& points, const Visit& visit) {
  for (std::size_t i = 0; i < points.buckets.size(); ++i) {
    if (points.buckets[i] != TimeRange::kNoBucket && std::isfinite(points.values[i])) visit(i);
  }
}

}  // namespace

PointsByCell::PointsByCell(const Points& points) {
  std::size_t count = 0;
  std::size_t group_count = 1;
  std::uint32_t first_bucket = TimeRange::kNoBucket;
  std::uint32_t last_bucket = 0;
  ForEachPoint(points, [&](std::size_t i) {
    ++count;
    group_count = std::max(group_count, std::size_t{GroupAt(points, i)} + 1);
    first_bucket = std::min(first_bucket, points.buckets[i]);
    last_bucket = std::max(last_bucket, points.buckets[i]);
  });
  if (count == 0) return;
  values_.resize(count);
  if (!points.weights.empty()) weights_.resize(count);
  const std::size_t width = std::size_t{last_bucket - first_bucket} + 1;
  if (group_count * width <= kCellsPerPointMax * count) {
    DivideByNumber(points, group_count, first_bucket, width);
  } else {
    DivideByOrder(points);
  }
}

void PointsByCell::DivideByNumber(const Points& points, std::size_t group_count,
                                  std::uint32_t first_bucket, std::size_t width) {
  const auto cell_of = [&](std::size_t i) {
    return GroupAt(points, i) * width + (points.buckets[i] - first_bucket);
  };
  // How many there are in each cell, then where the next one of it goes.
  std::vector<std::uint32_t> places(group_count * width);
  ForEachPoint(points, [&](std::size_t i) { ++places[cell_of(i)]; });
  std::uint32_t end = 0;
  for (std::size_t cell = 0; cell < places.size(); ++cell) {
    const std::uint32_t begin = std::exchange(end, end + places[cell]);
    places[cell] = begin;
    if (end == begin) continue;
    cells_.push_back({.group = static_cast<Group>(cell / width),
                      .bucket = first_bucket + static_cast<std::uint32_t>(cell % width),
                      .end = end});
  }
  ForEachPoint(points, [&](std::size_t i) {
    const std::uint32_t place = places[cell_of(i)]++;
    values_[place] = points.values[i];
    if (!weights_.empty()) weights_[place] = points.weights[i];
  });
}

void PointsByCell::DivideByOrder(const Points& points) {
  std::vector<std::uint32_t> order;
  order.reserve(values_.size());
  ForEachPoint(points, [&](std::size_t i) { order.push_back(static_cast<std::uint32_t>(i)); });
  std::ranges::stable_sort(order, {}, [&points](std::uint32_t i) {
    return std::pair(GroupAt(points, i), points.buckets[i]);
  });
  for (std::uint32_t place = 0; place < order.size(); ++place) {
    const std::uint32_t i = order[place];
    const Cell cell{.group = GroupAt(points, i), .bucket = points.buckets[i], .end = place + 1};
    if (cells_.empty() || cells_.back().group != cell.group ||
        cells_.back().bucket != cell.bucket) {
      cells_.push_back(cell);
    } else {
      cells_.back().end = cell.end;
    }
    values_[place] = points.values[i];
    if (!weights_.empty()) weights_[place] = points.weights[i];
  }
}

}  // namespace clew::traceql::metrics

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "traceql/metrics/points.h"

namespace clew::traceql::metrics {

/// Values of points that count, and their weights, those of one group and bucket beside each other
/// as they came. Takes some nanoseconds a point: nothing is compared when there are few cells.
class PointsByCell {
 public:
  /// `points` have values.
  explicit PointsByCell(const Points& points);

  struct Run {
    Group group = 0;
    std::uint32_t bucket = 0;
    std::span<const double> values;
    /// Empty: 1 each.
    std::span<const double> weights;
  };
  /// Calls visit(run), a run a cell.
  template <typename Visit>
  void ForEach(const Visit& visit) const {
    std::uint32_t begin = 0;
    for (const Cell& cell : cells_) {
      const std::size_t count = cell.end - begin;
      visit(Run{.group = cell.group,
                .bucket = cell.bucket,
                .values = std::span(values_).subspan(begin, count),
                .weights = weights_.empty() ? std::span<const double>()
                                            : std::span(weights_).subspan(begin, count)});
      begin = cell.end;
    }
  }

 private:
  struct Cell {
    Group group;
    std::uint32_t bucket;
    std::uint32_t end;
  };

  void DivideByNumber(const Points& points, std::size_t group_count, std::uint32_t first_bucket,
                      std::size_t width);
  void DivideByOrder(const Points& points);

  /// In their order, and where their values end.
  std::vector<Cell> cells_;
  std::vector<double> values_;
  std::vector<double> weights_;
};

}  // namespace clew::traceql::metrics

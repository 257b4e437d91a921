#pragma once

#include <cmath>

namespace clew::traceql::metrics {

/// A sum that keeps what adding rounds off (Kahan's, in Neumaier's form), so that the order in
/// which things are added does not show: the partial sums of several threads give what one would.
class Sum {
 public:
  void Add(double value) {
    const double total = total_ + value;
    const double added = total - total_;
    rest_ += (total_ - (total - added)) + (value - added);
    total_ = total;
  }
  void Add(const Sum& other) {
    Add(other.total_);
    rest_ += other.rest_;
  }
  /// What has grown beyond all numbers stays so.
  double value() const { return std::isfinite(total_) ? total_ + rest_ : total_; }

 private:
  double total_ = 0;
  double rest_ = 0;
};

}  // namespace clew::traceql::metrics

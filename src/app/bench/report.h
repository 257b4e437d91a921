#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/vocabulary.h"

namespace clew::app::bench {

/// What a bench found: one figure that counts, and what is needed to understand it.
class Report {
 public:
  Report(std::string bench, std::string unit) : bench_(std::move(bench)), unit_(std::move(unit)) {}

  void SetValue(double value) { value_ = value; }
  void Add(std::string_view name, double value);
  void Add(std::string_view name, std::string_view text);

  /// A line a figure, then the JSON line, which is the last.
  std::string ToText() const;

 private:
  struct Field {
    std::string name;
    std::string json;
  };

  const std::string bench_;
  const std::string unit_;
  double value_ = 0;
  std::vector<Field> fields_;
};

/// Figures at percentages of sorted values, e.g. 0.5 for the median. `values` is not empty.
double Percentile(std::vector<double> values, double share);

}  // namespace clew::app::bench

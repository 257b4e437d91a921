#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "expr/expression.h"
#include "model/value.h"
#include "scan/value_order.h"

namespace clew::scan {

/// A text, read once as whatever a value may be shown as.
class ShownText {
 public:
  /// Of `text`, which outlives it, as values of this key are shown.
  ShownText(std::string_view text, std::string_view key, model::Owner owner);

  bool IsShownFor(const StoredValue& value) const;
  /// The only whole number that is shown so, when there is just one.
  std::optional<std::int64_t> integer() const { return integer_; }
  /// Numbers may be shown as addresses, several as the same.
  bool is_address() const { return address_.has_value(); }

 private:
  bool IsShownFor(double value) const;

  const std::string_view text_;
  const std::optional<std::int64_t> integer_;
  const std::optional<double> real_;
  std::optional<std::uint32_t> address_;
};

}  // namespace clew::scan

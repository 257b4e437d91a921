#pragma once

#include <string>
#include <string_view>

#include "base/vocabulary.h"

namespace clew::pipeline {

/// `type` or `type/name`, as collector-config.md section 1 has it.
struct Identifier {
  std::string type;
  std::string name;

  /// Takes spaces around the parts away. INVALID_ARGUMENT with the Collector's words.
  static Result<Identifier> Parse(std::string_view text);
  std::string ToString() const { return name.empty() ? type : type + "/" + name; }
  auto operator<=>(const Identifier&) const = default;
};

}  // namespace clew::pipeline

#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pipeline/config/binder.h"

namespace clew::pipeline::testing {

/// Keeps what is wrong with a section, in the order in which it is said.
class ProblemLines final : public Problems {
 public:
  void Add(std::string_view path, std::string message) override {
    lines.push_back(std::string(path) + ": " + message);
    messages.push_back(std::move(message));
  }

  /// "path: message"
  std::vector<std::string> lines;
  std::vector<std::string> messages;
};

/// What Validate says of `section`, as "path: message".
inline std::vector<std::string> Validate(const Section& section) {
  ProblemLines problems;
  section.Validate(problems);
  return problems.lines;
}

}  // namespace clew::pipeline::testing

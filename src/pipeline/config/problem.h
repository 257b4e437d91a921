#pragma once

#include <string>
#include <vector>

#include "pipeline/config/node.h"

namespace clew::pipeline {

/// One thing that is wrong with a configuration.
struct Problem {
  Place place;
  std::string message;

  /// "file:line: message", as much of it as is known, without the passwords of URLs.
  std::string ToString() const;
};

using ProblemList = std::vector<Problem>;

/// By source in order of first appearance, then by line; equal ones once.
void SortProblems(ProblemList& problems);

/// One line each.
std::string FormatProblems(const ProblemList& problems);

}  // namespace clew::pipeline

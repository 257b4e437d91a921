#pragma once

#include <string>
#include <vector>

namespace clew::traceql {

/// A query of a catalogue, and what becomes of it.
struct GoldenCase {
  /// For the messages of tests.
  std::string file;
  std::string query;
  /// Its lines, without what they are indented by.
  std::string outcome;
};

/// Of tests/golden/`name`, a file or all files of a folder: a query a line, and below it, indented
/// by two spaces, what becomes of it. Lines that are empty or begin with # are remarks. A query
/// without an outcome fails the test.
std::vector<GoldenCase> ReadGolden(const std::string& name);

}  // namespace clew::traceql

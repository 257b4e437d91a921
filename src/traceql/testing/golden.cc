#include "traceql/testing/golden.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

namespace clew::traceql {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kIndent = "  ";

void ReadFile(const fs::path& file, std::vector<GoldenCase>* cases) {
  std::ifstream in(file);
  EXPECT_TRUE(in.is_open()) << file;
  const std::size_t first = cases->size();
  for (std::string line; std::getline(in, line);) {
    if (line.empty() || line.starts_with('#')) continue;
    if (!line.starts_with(kIndent)) {
      cases->push_back({.file = file, .query = line, .outcome = {}});
      continue;
    }
    if (cases->size() == first) {
      ADD_FAILURE() << file << ": an outcome without a query: " << line;
      continue;
    }
    std::string& outcome = cases->back().outcome;
    outcome += (outcome.empty() ? "" : "\n") + line.substr(kIndent.size());
  }
  for (std::size_t i = first; i < cases->size(); ++i) {
    EXPECT_NE((*cases)[i].outcome, "") << file << ": no outcome of " << (*cases)[i].query;
  }
}

}  // namespace

std::vector<GoldenCase> ReadGolden(const std::string& name) {
  const fs::path path = fs::path("tests/golden") / name;
  std::vector<fs::path> files = {path};
  if (fs::is_directory(path)) {
    files.clear();
    for (const auto& entry : fs::directory_iterator(path)) files.push_back(entry.path());
    std::ranges::sort(files);
  }
  std::vector<GoldenCase> cases;
  for (const fs::path& file : files) ReadFile(file, &cases);
  return cases;
}

}  // namespace clew::traceql

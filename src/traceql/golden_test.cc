#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "traceql/check.h"
#include "traceql/parse.h"
#include "traceql/print.h"

namespace clew::traceql {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPrefix = "invalid TraceQL query: ";

/// What becomes of a query, as a line of a catalogue says it: `= printed`, `! error of Parse`,
/// `? error of Check`.
std::string OutcomeOf(const std::string& text) {
  const auto without_prefix = [](const Error& error) {
    EXPECT_EQ(error.code, Code::kInvalidArgument);
    EXPECT_TRUE(error.message.starts_with(kPrefix)) << error.message;
    return error.message.substr(std::min(kPrefix.size(), error.message.size()));
  };
  const auto query = Parse(text);
  if (!query) return "! " + without_prefix(query.error());
  if (const Status status = Check(*query); !status) return "? " + without_prefix(status.error());
  return "= " + Print(*query);
}

/// A query a line, and below it, indented, what becomes of it. Lines that begin with # are remarks.
TEST(Golden, EveryQueryOfTheCatalogueBecomesWhatStandsBelowIt) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator("tests/golden/traceql")) {
    files.push_back(entry.path());
  }
  std::ranges::sort(files);
  int queries = 0;
  for (const fs::path& file : files) {
    std::ifstream in(file);
    std::string query;
    for (std::string line; std::getline(in, line);) {
      if (line.empty() || line.starts_with('#')) continue;
      if (!line.starts_with("  ")) {
        EXPECT_EQ(query, "") << file << ": a query without an outcome";
        query = line;
        continue;
      }
      ++queries;
      EXPECT_EQ(OutcomeOf(query), line.substr(2)) << file << ": " << query;
      query.clear();
    }
    EXPECT_EQ(query, "") << file;
  }
  EXPECT_GE(queries, 450);
}

/// What is printed is read as the same, and printed the same.
TEST(Golden, WhatIsPrintedIsTheSameQuery) {
  for (const auto& entry : fs::directory_iterator("tests/golden/traceql")) {
    std::ifstream in(entry.path());
    for (std::string line; std::getline(in, line);) {
      const auto query = Parse(line);
      if (!query) continue;
      const std::string printed = Print(*query);
      const auto again = Parse(printed);
      ASSERT_TRUE(again.has_value()) << printed << ": " << again.error().message;
      EXPECT_TRUE(*again == *query) << line << "\n" << printed;
      EXPECT_EQ(Print(*again), printed);
    }
  }
}

}  // namespace
}  // namespace clew::traceql

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "traceql/check.h"
#include "traceql/parse.h"
#include "traceql/print.h"
#include "traceql/testing/golden.h"

namespace clew::traceql {
namespace {

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

TEST(Golden, EveryQueryOfTheCatalogueBecomesWhatStandsBelowIt) {
  const auto cases = ReadGolden("traceql");
  for (const GoldenCase& each : cases) {
    EXPECT_EQ(OutcomeOf(each.query), each.outcome) << each.file << ": " << each.query;
  }
  EXPECT_GE(cases.size(), 550u);
}

/// What is printed is read as the same, and printed the same.
TEST(Golden, WhatIsPrintedIsTheSameQuery) {
  for (const GoldenCase& each : ReadGolden("traceql")) {
    const auto query = Parse(each.query);
    if (!query) continue;
    const std::string printed = Print(*query);
    const auto again = Parse(printed);
    ASSERT_TRUE(again.has_value()) << printed << ": " << again.error().message;
    EXPECT_TRUE(*again == *query) << each.query << "\n" << printed;
    EXPECT_EQ(Print(*again), printed);
  }
}

}  // namespace
}  // namespace clew::traceql

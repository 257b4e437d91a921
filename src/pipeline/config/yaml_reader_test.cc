#include "pipeline/config/yaml_reader.h"

#include <gtest/gtest.h>

namespace clew::pipeline {
namespace {

std::optional<Node> Read(std::string_view text, ProblemList& problems) {
  return ReadYaml(text, std::make_shared<const std::string>("a.yaml"), problems);
}

Node ReadGood(std::string_view text) {
  ProblemList problems;
  std::optional<Node> node = Read(text, problems);
  EXPECT_EQ(FormatProblems(problems), "");
  return node.value_or(Node());
}

std::string ProblemsOf(std::string_view text) {
  ProblemList problems;
  Read(text, problems);
  SortProblems(problems);
  return FormatProblems(problems);
}

TEST(ReadYaml, ScalarsHaveTheTypeOfTheirLooks) {
  const Node node = ReadGood(
      "[true, 0x1F, 1_000, 1e5, .5, ~, yes, 'true', \"1\", 10s, 1.2.3, !!str 5, -, '', 0123]");
  const std::vector<ScalarType> types = {
      ScalarType::kBool,   ScalarType::kInt,    ScalarType::kInt,    ScalarType::kFloat,
      ScalarType::kFloat,  ScalarType::kNull,   ScalarType::kString, ScalarType::kString,
      ScalarType::kString, ScalarType::kString, ScalarType::kString, ScalarType::kString,
      ScalarType::kString, ScalarType::kString, ScalarType::kInt};
  ASSERT_EQ(node.items.size(), types.size());
  for (std::size_t i = 0; i < types.size(); ++i) {
    EXPECT_EQ(node.items[i].type, types[i]) << "item " << i << ": " << node.items[i].text;
  }
}

TEST(ReadYaml, EntriesKnowTheirLine) {
  const Node node = ReadGood("a:\n  b: 1\n\n  c:\n");

  const Node* a = node.Find("a");
  ASSERT_NE(a, nullptr);
  EXPECT_EQ(a->entries.at(0).place.line, 2);
  EXPECT_EQ(a->entries.at(1).place.line, 4);
  EXPECT_TRUE(a->entries.at(1).value.is_null());
}

TEST(ReadYaml, AnchorsAndMergeKeysAreResolved) {
  const Node node = ReadGood("base: &base {x: 1, y: 2}\nuse:\n  <<: *base\n  y: 3\nsame: *base\n");

  EXPECT_EQ(node.Find("use")->Find("x")->text, "1");
  EXPECT_EQ(node.Find("use")->Find("y")->text, "3");
  EXPECT_EQ(node.Find("same")->Find("y")->text, "2");
}

TEST(ReadYaml, EveryDuplicateKeyIsNamed) {
  EXPECT_EQ(ProblemsOf("a: 1\nb:\n  c: 1\n  c: 2\na: 2\n"),
            "a.yaml:4: mapping key \"c\" already defined at line 3\n"
            "a.yaml:5: mapping key \"a\" already defined at line 1");
}

TEST(ReadYaml, BrokenTextNamesTheLine) {
  EXPECT_TRUE(ProblemsOf("a: 1\nb: [1,\n").starts_with("a.yaml:"));
  EXPECT_TRUE(ProblemsOf("a: b: c\n").starts_with("a.yaml:1: not valid YAML: "));
}

TEST(ReadYaml, SizeIsBounded) {
  std::string nested(200, '[');
  EXPECT_EQ(ProblemsOf(nested), "a.yaml:1: nested deeper than 100 levels");

  std::string laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 10; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    laughs += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int j = 0; j < 10; ++j) laughs += before + (j < 9 ? ", " : "]\n");
  }
  EXPECT_EQ(ProblemsOf(laughs), "a.yaml:5: more than 100000 values");
}

TEST(ReadYaml, OneDocumentOnly) {
  EXPECT_EQ(ProblemsOf("a: 1\n---\nb: 2\n"), "a.yaml: only one YAML document is allowed");
}

TEST(ReadYaml, NothingIsNull) {
  EXPECT_TRUE(ReadGood("").is_null());
  EXPECT_TRUE(ReadGood("# only a comment\n").is_null());
}

}  // namespace
}  // namespace clew::pipeline

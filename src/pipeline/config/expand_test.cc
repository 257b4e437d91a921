#include "pipeline/config/expand.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>

#include "base/testing/test_folder.h"
#include "pipeline/config/yaml_reader.h"

namespace clew::pipeline {
namespace {

class ExpandTest : public ::testing::Test {
 protected:
  Node ExpandText(const std::string& yaml) {
    problems_.clear();
    warnings_.clear();
    Node node =
        ReadYaml(yaml, std::make_shared<const std::string>("a.yaml"), problems_).value_or(Node());
    const Environment environment = [this](const std::string& name) {
      const auto found = variables_.find(name);
      return found == variables_.end() ? std::nullopt : std::optional(found->second);
    };
    Expand(node, environment, problems_, warnings_);
    return node;
  }

  /// The value of `k` after expansion.
  Node Value(const std::string& value) {
    const Node node = ExpandText("k: " + value + "\n");
    const Node* found = node.Find("k");
    return found ? *found : Node();
  }

  std::map<std::string, std::string> variables_ = {{"HOST", "example.org"},
                                                   {"PORT", "4317"},
                                                   {"NAME", "HOST"},
                                                   {"EMPTY", ""},
                                                   {"MAP", "{a: 1, b: [x]}"},
                                                   {"ZIP", "0123"},
                                                   {"DOLLAR", "a$$b"},
                                                   {"BROKEN", "a: b: c"},
                                                   {"SELF", "${env:SELF}"},
                                                   {"PING", "${env:PONG}"},
                                                   {"PONG", "[1, \"${env:PING}\"]"},
                                                   {"TRUE", "true"},
                                                   {"INDIRECT", "${env:PORT}"},
                                                   {"QUOTED", "\"x\""},
                                                   {"GROW", "x${env:GROW}${env:GROW}"},
                                                   {"TICK", "[${env:PORT}, ${env:TOCK}]"},
                                                   {"TOCK", "${env:PORT}, ${env:TICK}"},
                                                   {"TAIL", "NAME}"},
                                                   {"HALF", "HALF}"}};
  ProblemList problems_;
  std::vector<std::string> warnings_;
};

TEST_F(ExpandTest, TextAndType) {
  const struct {
    std::string value;
    std::string text;
    ScalarType type;
  } cases[] = {
      {"${env:HOST}", "example.org", ScalarType::kString},
      {"${HOST}", "example.org", ScalarType::kString},
      {"${env:PORT}", "4317", ScalarType::kInt},
      {"${env:TRUE}", "true", ScalarType::kBool},
      {"${env:HOST}:${env:PORT}", "example.org:4317", ScalarType::kString},
      {"${PORT}${PORT}", "43174317", ScalarType::kString},
      {"${env:${env:NAME}}", "example.org", ScalarType::kString},
      {"${env:INDIRECT}", "4317", ScalarType::kInt},
      {"${env:MISSING:-5}", "5", ScalarType::kInt},
      {"x${env:MISSING:-}y", "xy", ScalarType::kString},
      {"x${env:EMPTY:-default}y", "xy", ScalarType::kString},
      {"${env:MISSING:-${env:HOST}}", "example.org", ScalarType::kString},
      {"${yaml:7}", "7", ScalarType::kInt},
      {"$${env:HOST}", "${env:HOST}", ScalarType::kString},
      {"$$${env:HOST}", "$example.org", ScalarType::kString},
      {"$$$${env:HOST}", "$${env:HOST}", ScalarType::kString},
      {"$HOST", "$HOST", ScalarType::kString},
      {"a$$1", "a$1", ScalarType::kString},
      {"100$", "100$", ScalarType::kString},
      {"${env:DOLLAR}", "a$b", ScalarType::kString},
      {"${env:BROKEN}", "a: b: c", ScalarType::kString},
      {"a}b${env:HOST", "a}b${env:HOST", ScalarType::kString},
      {"a}${env:HOST}", "a}example.org", ScalarType::kString},
      {"${env:INDIRECT}-${env:INDIRECT}", "4317-4317", ScalarType::kString},
      {"x${env:${env:TAIL}", "xHOST", ScalarType::kString},
      {"x${env:${env:HALF}", "xHALF}", ScalarType::kString},
  };
  for (const auto& c : cases) {
    const Node node = Value("\"" + c.value + "\"");
    EXPECT_EQ(node.text, c.text) << c.value;
    EXPECT_EQ(node.type, c.type) << c.value;
    EXPECT_EQ(FormatProblems(problems_), "") << c.value;
  }
}

TEST_F(ExpandTest, TheOriginalTextIsKeptForFieldsOfText) {
  EXPECT_EQ(Value("${env:ZIP}").original, "0123");
  EXPECT_EQ(Value("${env:MAP}").original, "{a: 1, b: [x]}");
  EXPECT_EQ(Value("${env:QUOTED}").original, "\"x\"");
  EXPECT_EQ(Value("0123").original, std::nullopt);
}

TEST_F(ExpandTest, MapsAndListsComeWhole) {
  const Node node = Value("${env:MAP}");
  ASSERT_TRUE(node.is_map());
  EXPECT_EQ(node.Find("b")->items.at(0).text, "x");
}

TEST_F(ExpandTest, KeysAreLeftAlone) {
  const Node node = ExpandText("${env:HOST}: 1\n");
  EXPECT_EQ(node.entries.at(0).key, "${env:HOST}");
}

TEST_F(ExpandTest, UnsetVariablesAreNullAndWarned) {
  EXPECT_TRUE(Value("${env:MISSING}").is_null());
  EXPECT_EQ(warnings_, std::vector<std::string>(
                           {"Configuration references unset environment variable: MISSING"}));
  EXPECT_TRUE(Value("${env:EMPTY}").is_null());
  EXPECT_TRUE(warnings_.empty());
}

TEST_F(ExpandTest, FilesComeAsYamlOrText) {
  const base::testing::TestFolder folder;
  std::filesystem::create_directories(folder.path());
  const std::string path = folder.path() + "/value.txt";
  std::ofstream(path) << "secret\n";
  EXPECT_EQ(Value("${file:" + path + "}").text, "secret");
  std::ofstream(path) << "a: 5\n";
  EXPECT_EQ(Value("${file:" + path + "}").Find("a")->text, "5");
}

TEST_F(ExpandTest, AFileThatIncludesItselfIsRefusedAtOnce) {
  const base::testing::TestFolder folder;
  std::filesystem::create_directories(folder.path());
  const std::string self = "${file:" + folder.path() + "/self.yaml}";
  std::ofstream(folder.path() + "/self.yaml") << "receivers: " << self << "\n";
  EXPECT_TRUE(Value(self).Find("receivers")->is_null());
  EXPECT_EQ(FormatProblems(problems_),
            "a.yaml:1: " + self + " includes itself: " + self + " -> " + self);
}

TEST_F(ExpandTest, TheSameReferenceMayStandSideBySide) {
  EXPECT_EQ(ExpandText("a: ${env:INDIRECT}\nb: [\"${env:INDIRECT}\", \"${env:PORT}\"]\n")
                .Find("b")
                ->items.at(1)
                .text,
            "4317");
  EXPECT_EQ(FormatProblems(problems_), "");
}

TEST_F(ExpandTest, DepthIsBounded) {
  for (int i = 0; i < 200; ++i) {
    variables_["CHAIN" + std::to_string(i)] = "${env:CHAIN" + std::to_string(i + 1) + "}";
    variables_["NEST" + std::to_string(i)] =
        "{a: {b: \"${env:NEST" + std::to_string(i + 1) + "}\"}}";
  }
  Value("${env:CHAIN0}");
  EXPECT_EQ(FormatProblems(problems_),
            "a.yaml:1: more than 100 references lead from one to the next, the last is "
            "${env:CHAIN100}");
  Value("${env:NEST0}");
  EXPECT_EQ(FormatProblems(problems_), "a.yaml:1: expands to more than 100 levels");
}

TEST_F(ExpandTest, OneTextTakesSoManyReferences) {
  for (int i = 0; i < 20; ++i) {
    const std::string next = "${env:DOUBLE" + std::to_string(i + 1) + "}";
    variables_["DOUBLE" + std::to_string(i)] = next + "," + next;
  }
  variables_["DOUBLE20"] = "x";
  Value("${env:DOUBLE12}");
  EXPECT_EQ(FormatProblems(problems_), "");
  Value("a ${env:DOUBLE0}");
  EXPECT_EQ(
      FormatProblems(problems_),
      "a.yaml:1: takes more than 1000 references to expand: the text has grown to 1188 bytes, "
      "the next reference is ${env:DOUBLE19}: expand fewer in one text");
}

TEST_F(ExpandTest, BracesAreCheap) {
  variables_["BRACES"] = std::string(1 << 20, '}');
  EXPECT_EQ(Value("\"x${env:BRACES}\"").text.size(), (1u << 20) + 1);
}

TEST_F(ExpandTest, WhatReferencesBringInIsBoundedInAll) {
  variables_["LARGE"] = std::string(1 << 20, 'x');
  variables_["MANY"] = "[1" + std::string(1 << 10, ' ');
  for (int i = 0; i < 1000; ++i) variables_["MANY"] += ",1";
  variables_["MANY"] += "]";
  for (const std::string name : {"LARGE", "MANY"}) {
    std::string yaml;
    for (int i = 0; i < 200; ++i) yaml += "- ${env:" + name + "}\n";
    ExpandText(yaml);
    ASSERT_EQ(problems_.size(), 1) << name;
    EXPECT_EQ(problems_[0].message,
              "the references of the configuration expand to more than 4194304 bytes or 100000 "
              "values, the first too many is ${env:" +
                  name + "}");
  }
}

TEST_F(ExpandTest, ErrorsNameWhatIsWrong) {
  const struct {
    std::string value;
    std::string problem;
  } cases[] = {
      {"${env:1X}",
       "a.yaml:1: environment variable \"1X\" has invalid name: must match regex "
       "^[a-zA-Z_][a-zA-Z0-9_]*$"},
      {"${vault:x}", "a.yaml:1: scheme \"vault\" is not supported, use file:, env: or yaml:"},
      {"${http://x/}",
       "a.yaml:1: scheme \"http\" is not supported, clew reads no "
       "configuration over the network, save it to a file"},
      {"${HOST:-x}",
       "a.yaml:1: scheme \"HOST\" is not supported, write "
       "${env:NAME:-default}"},
      {"${env:$HOST}",
       "a.yaml:1: a reference ${…} contains unsupported characters ('$'): write $$ for a dollar"},
      {"${two words:x}", "a.yaml:1: a reference ${…} is no valid uri, write ${env:NAME}"},
      {"x${env:MAP}", "a.yaml:1: retrieved value does not have unambiguous string representation"},
      {"${env:SELF}", "a.yaml:1: ${env:SELF} includes itself: ${env:SELF} -> ${env:SELF}"},
      {"${env:PING}",
       "a.yaml:1: ${env:PING} includes itself: ${env:PING} -> ${env:PONG} -> ${env:PING}"},
      {"${env:GROW}", "a.yaml:1: ${env:GROW} includes itself: ${env:GROW} -> ${env:GROW}"},
      {"x${env:GROW}", "a.yaml:1: ${env:GROW} includes itself: ${env:GROW} -> ${env:GROW}"},
      {"x${env:TICK}",
       "a.yaml:1: ${env:TICK} includes itself: ${env:TICK} -> ${env:TOCK} -> ${env:TICK}"},
      {"${yaml:['x${env:TICK}']}",
       "a.yaml:1: ${env:TICK} includes itself: ${env:TICK} -> ${env:TOCK} -> ${env:TICK}"},
      {"${file:/does/not/exist}",
       "a.yaml:1: unable to read the file /does/not/exist: check that it exists"},
  };
  for (const auto& c : cases) {
    Value("\"" + c.value + "\"");
    EXPECT_EQ(FormatProblems(problems_), c.problem) << c.value;
  }
}

}  // namespace
}  // namespace clew::pipeline

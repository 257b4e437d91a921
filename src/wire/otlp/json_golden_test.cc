#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidjson/document.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/base64.h"
#include "wire/otlp/json.h"

namespace clew::wire::otlp {
namespace {

/// A request (<name>.in.json), and what the official messages make of it (<name>.out.json, written
/// by fill_expectations.py beside it).
struct GoldenCase {
  std::string name;
  std::string input;
  rapidjson::Document expected;

  std::string protobuf() const {
    const auto& text = expected["protobuf"];
    return *base::Base64Decode({text.GetString(), text.GetStringLength()});
  }
};

std::string ReadFile(const std::filesystem::path& path) {
  const std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::vector<GoldenCase> GoldenCases() {
  static constexpr std::string_view kSuffix = ".in.json";
  std::vector<GoldenCase> cases;
  for (const auto& entry : std::filesystem::directory_iterator("tests/golden/otlp")) {
    std::string name = entry.path().filename();
    if (!name.ends_with(kSuffix)) continue;
    name.resize(name.size() - kSuffix.size());
    GoldenCase& golden = cases.emplace_back();
    golden.name = name;
    golden.input = ReadFile(entry.path());
    const std::string expected = ReadFile(entry.path().parent_path() / (name + ".out.json"));
    golden.expected.Parse(expected.data(), expected.size());
  }
  return cases;
}

void ExpectJson(std::string_view written, const rapidjson::Value& expected) {
  rapidjson::Document document;
  document.Parse(written.data(), written.size());
  ASSERT_FALSE(document.HasParseError()) << written;
  EXPECT_TRUE(document == expected) << written;
}

TEST(OtlpJsonGolden, EveryCaseReadsAsTheOfficialMessagesDo) {
  const auto cases = GoldenCases();
  ASSERT_GE(cases.size(), 20u);
  for (const GoldenCase& golden : cases) {
    SCOPED_TRACE(golden.name);
    const auto protobuf = TracesFromJson(golden.input);

    ASSERT_TRUE(protobuf.has_value()) << protobuf.error().message;
    const auto json = TracesToJson(*protobuf, JsonDialect::kOtlp);
    ASSERT_TRUE(json.has_value());
    ExpectJson(*json, golden.expected["otlp_json"]);
    // Once more, now in the order of field numbers, which makes bytes comparable.
    EXPECT_EQ(TracesFromJson(*json), golden.protobuf());
  }
}

TEST(OtlpJsonGolden, EveryCaseIsWrittenInBothDialects) {
  for (const GoldenCase& golden : GoldenCases()) {
    SCOPED_TRACE(golden.name);
    const auto otlp = TracesToJson(golden.protobuf(), JsonDialect::kOtlp);
    const auto proto = TracesToJson(golden.protobuf(), JsonDialect::kProtobuf);

    ASSERT_TRUE(otlp.has_value());
    ExpectJson(*otlp, golden.expected["otlp_json"]);
    ASSERT_TRUE(proto.has_value());
    ExpectJson(*proto, golden.expected["protobuf_json"]);
  }
}

TEST(OtlpJsonGolden, WhatIsWrittenReadsBackByteForByte) {
  for (const GoldenCase& golden : GoldenCases()) {
    SCOPED_TRACE(golden.name);
    const std::string protobuf = golden.protobuf();

    EXPECT_EQ(TracesFromJson(*TracesToJson(protobuf, JsonDialect::kOtlp)), protobuf);
  }
}

}  // namespace
}  // namespace clew::wire::otlp

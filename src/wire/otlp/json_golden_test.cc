#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <simdjson.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/base64.h"
#include "wire/otlp/json.h"
#include "wire/otlp/testing/canonical_json.h"

namespace clew::wire::otlp {
namespace {

/// A request (<name>.in.json), and what the official messages make of it (<name>.out.json, written
/// by fill_expectations.py beside it).
struct GoldenCase {
  std::string name;
  std::string input;
  std::string protobuf;
  std::string otlp_json;  // canonical, as the next one
  std::string protobuf_json;
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
    simdjson::dom::parser parser;
    const simdjson::dom::element expected =
        parser.load(entry.path().parent_path() / (name + ".out.json"));
    golden.protobuf = *base::Base64Decode(expected["protobuf"]);
    golden.otlp_json = testing::CanonicalJson(simdjson::minify(expected["otlp_json"]));
    golden.protobuf_json = testing::CanonicalJson(simdjson::minify(expected["protobuf_json"]));
  }
  return cases;
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
    EXPECT_EQ(testing::CanonicalJson(*json), golden.otlp_json);
    // Once more, now in the order of field numbers, which makes bytes comparable.
    EXPECT_EQ(TracesFromJson(*json), golden.protobuf);
  }
}

TEST(OtlpJsonGolden, EveryCaseIsWrittenInBothDialects) {
  for (const GoldenCase& golden : GoldenCases()) {
    SCOPED_TRACE(golden.name);
    const auto otlp = TracesToJson(golden.protobuf, JsonDialect::kOtlp);
    const auto proto = TracesToJson(golden.protobuf, JsonDialect::kProtobuf);

    ASSERT_TRUE(otlp.has_value());
    EXPECT_EQ(testing::CanonicalJson(*otlp), golden.otlp_json);
    ASSERT_TRUE(proto.has_value());
    EXPECT_EQ(testing::CanonicalJson(*proto), golden.protobuf_json);
  }
}

TEST(OtlpJsonGolden, WhatIsWrittenReadsBackByteForByte) {
  for (const GoldenCase& golden : GoldenCases()) {
    SCOPED_TRACE(golden.name);
    EXPECT_EQ(TracesFromJson(*TracesToJson(golden.protobuf, JsonDialect::kOtlp)), golden.protobuf);
  }
}

}  // namespace
}  // namespace clew::wire::otlp

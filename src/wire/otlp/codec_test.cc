#include "wire/otlp/codec.h"

#include <gtest/gtest.h>

#include "wire/otlp/materialize.h"
#include "wire/otlp/testing/sample_request.h"

namespace clew::wire::otlp {
namespace {

TEST(OtlpCodec, SplitsAcrossPiecesAndKeepsEverySpanOnce) {
  const OtlpCodec codec{DecodeLimits{}};
  std::vector<std::string> spans;
  for (const char c : std::string("abcde")) {
    spans.push_back(testing::SpanMessage(std::string(16, c), std::string(8, c), std::string(1, c)));
  }
  const Bytes first(testing::Request({spans[0], spans[1], spans[2]}));
  const Bytes second(testing::Request({spans[3], spans[4]}));
  const auto batch = model::Batch::FromWire({first, second}, 5, codec);

  const auto parts = batch->Split(2);

  ASSERT_TRUE(parts.has_value());
  ASSERT_EQ(parts->size(), 3u);
  std::string names;
  for (const auto& part : *parts) {
    const auto columns = part->columns();
    ASSERT_TRUE(columns.has_value());
    EXPECT_EQ((*columns)->span_count(), part->item_count());
    for (const std::string_view name : (*columns)->names) names += name;
    EXPECT_EQ((*columns)->scopes.names.front(), "lib");
  }
  EXPECT_EQ(names, "abcde");
}

}  // namespace
}  // namespace clew::wire::otlp

#include "wire/otlp/inspect.h"

#include <gtest/gtest.h>

#include "wire/otlp/decode.h"
#include "wire/otlp/testing/sample_request.h"

namespace clew::wire::otlp {
namespace {

using testing::Request;
using testing::SpanMessage;

TEST(InspectRequest, CountsSpansAndBadIds) {
  const std::string body = Request({SpanMessage(std::string(16, 'a'), std::string(8, 'b'), "ok"),
                                    SpanMessage(std::string(16, '\0'), std::string(8, 'b'), "zero"),
                                    SpanMessage("short", std::string(8, 'b'), "short"),
                                    SpanMessage(std::string(16, 'a'), "", "no span id")});

  const auto facts = InspectRequest(body);

  ASSERT_TRUE(facts.has_value());
  EXPECT_EQ(facts->span_count, 4u);
  EXPECT_EQ(facts->bad_trace_id_count, 2u);
  EXPECT_EQ(facts->bad_span_id_count, 1u);
}

TEST(InspectRequest, NamesTheOffsetOfEveryTruncation) {
  const std::string body =
      Request({SpanMessage(std::string(16, 'a'), std::string(8, 'b'), "name")});
  ASSERT_TRUE(InspectRequest(body).has_value());

  for (std::size_t length = 1; length < body.size(); ++length) {
    const auto facts = InspectRequest(std::string_view(body).substr(0, length));

    ASSERT_FALSE(facts.has_value()) << length;
    EXPECT_EQ(facts.error().code, Code::kInvalidArgument);
    EXPECT_NE(facts.error().message.find("byte offset"), std::string::npos);
  }
}

TEST(RemoveRejectedSpans, KeepsTheRestByteForByte) {
  const std::string good = SpanMessage(std::string(16, 'a'), std::string(8, 'b'), "ok");
  const std::string bad = SpanMessage("short", std::string(8, 'b'), "bad");

  EXPECT_EQ(RemoveRejectedSpans(Request({good, bad, good})), Request({good, good}));
}

TEST(RemoveRejectedSpans, DropsAResourceThatLostAllItsSpans) {
  const std::string bad = SpanMessage("short", std::string(8, 'b'), "bad");

  EXPECT_EQ(RemoveRejectedSpans(Request({bad})), "");
}

}  // namespace
}  // namespace clew::wire::otlp

#include "wire/otlp/inspect.h"

#include <gtest/gtest.h>
#include <protozero/pbf_writer.hpp>

#include "wire/otlp/decode.h"
#include "wire/otlp/rejected_spans.h"
#include "wire/otlp/testing/sample_request.h"

namespace clew::wire::otlp {
namespace {

using testing::Request;
using testing::SpanMessage;

const std::string kTraceId(16, 'a');
const std::string kSpanId(8, 'b');

/// A field of bytes.
std::string Field(std::uint32_t number, const std::string& bytes) {
  std::string field;
  protozero::pbf_writer(field).add_bytes(number, bytes);
  return field;
}

TEST(InspectRequest, FaultsAreToldInOurWords) {
  using namespace std::string_literals;
  for (const auto& [body, fault] :
       {std::pair("\x0A\x05"s, "a field goes over the end of its message"),
        std::pair("\x0F"s, "a field is of a type that protobuf does not have"),
        std::pair("\x00\x00"s, "a field has a number that protobuf does not allow"),
        std::pair("\x08"s + std::string(11, '\xFF'), "a number has more than ten bytes")}) {
    const auto facts = InspectRequest(body);

    ASSERT_FALSE(facts.has_value()) << fault;
    EXPECT_NE(facts.error().message.find("malformed protobuf at byte offset 0: "s + fault),
              std::string::npos)
        << facts.error().message;
  }
}

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

TEST(FirstRejectedSpans, AreThoseOfEachFault) {
  const std::string good = SpanMessage(kTraceId, kSpanId, "good");
  // Spans are numbered through resources.
  const std::string body = Request({good, SpanMessage("short", kSpanId, "first"),
                                    SpanMessage("", kSpanId, "another"), good}) +
                           Request({good, SpanMessage(kTraceId, "", "no span id")});

  const std::vector<RejectedSpan> firsts = FirstRejectedSpans(body);

  ASSERT_EQ(firsts.size(), 2u);
  EXPECT_EQ(firsts[0].fault, SpanFault::kTraceId);
  EXPECT_EQ(firsts[0].number, 2u);
  EXPECT_EQ(firsts[0].trace_id, "short");
  EXPECT_EQ(firsts[0].span_id, kSpanId);
  EXPECT_EQ(firsts[1].fault, SpanFault::kSpanId);
  EXPECT_EQ(firsts[1].number, 6u);
  EXPECT_TRUE(FirstRejectedSpans(Request({good})).empty());
}

TEST(InspectRequest, CountsBadIdsOfParentsAndLinks) {
  const auto span = [](const std::string& fields) {
    return SpanMessage(kTraceId, kSpanId, "span", fields);
  };
  const std::string whole_link = Field(1, kTraceId) + Field(2, kSpanId);
  const std::string body = Request({
      span(Field(4, kSpanId) + Field(13, whole_link)),
      span(Field(4, std::string(8, '\0')) + Field(13, "")),  // no parent, and a link to nothing
      span(Field(4, "odd")),
      span(Field(4, kTraceId)),
      span(Field(13, whole_link) + Field(13, Field(1, kSpanId))),
      span(Field(13, Field(2, "odd")) + Field(13, whole_link)),
  });

  const auto facts = InspectRequest(body);

  ASSERT_TRUE(facts.has_value());
  EXPECT_EQ(facts->bad_parent_span_id_count, 2u);
  EXPECT_EQ(facts->bad_link_id_count, 2u);
  EXPECT_EQ(facts->rejected_count(), 4u);
  EXPECT_EQ(InspectRequest(RemoveRejectedSpans(body))->span_count, 2u);
}

TEST(InspectRequest, TheLastOfRepeatedIdsCounts) {
  const std::string late =
      SpanMessage("short", "short", "span", Field(1, kTraceId) + Field(2, kSpanId));
  const std::string spoilt = SpanMessage(kTraceId, kSpanId, "span", Field(2, "short"));

  const auto facts = InspectRequest(Request({late, spoilt}));

  ASSERT_TRUE(facts.has_value());
  EXPECT_EQ(facts->bad_span_id_count, 1u);
  EXPECT_EQ(facts->rejected_count(), 1u);
  EXPECT_EQ(RemoveRejectedSpans(Request({late, spoilt})), Request({late}));
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

TEST(RemoveRejectedSpans, AScopeListOfAnotherWireTypeDoesNotHideTheOldOne) {
  constexpr protozero::pbf_tag_type kScopeSpans = 2;
  constexpr protozero::pbf_tag_type kLibrarySpans = 1000;
  std::string resource_spans;
  protozero::pbf_writer writer(resource_spans);
  writer.add_uint32(kScopeSpans, 1);
  writer.add_bytes(kLibrarySpans, Field(2, SpanMessage(kTraceId, kSpanId, "ok")) +
                                      Field(2, SpanMessage("short", kSpanId, "bad")));
  const std::string body = Field(1, resource_spans);
  ASSERT_EQ(InspectRequest(body)->rejected_count(), 1u);

  const auto kept = InspectRequest(RemoveRejectedSpans(body));

  EXPECT_EQ(kept->span_count, 1u);
  EXPECT_EQ(kept->rejected_count(), 0u);
}

}  // namespace
}  // namespace clew::wire::otlp

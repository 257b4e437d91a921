#include "wire/tempo/requests.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <protozero/pbf_writer.hpp>

namespace clew::wire::tempo {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

/// Writes fields by number.
class Message {
 public:
  Message& Number(std::uint32_t number, std::uint64_t value) {
    protozero::pbf_writer(bytes_).add_uint64(number, value);
    return *this;
  }
  Message& Text(std::uint32_t number, const std::string& value) {
    protozero::pbf_writer(bytes_).add_string(number, value);
    return *this;
  }
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

TEST(ReadSearchRequest, SaysWhatTheParametersOfASearchSay) {
  const Message message = Message()
                              .Number(2, 5)
                              .Number(3, 7000)
                              .Number(4, 20)
                              .Number(5, 1000)
                              .Number(6, 2000)
                              .Text(8, "{ .a = 1 }")
                              .Number(9, 3)
                              .Number(10, 99)
                              .Text(11, "unknown");
  EXPECT_THAT(*ReadSearchRequest(message.bytes()),
              ElementsAre(Pair("minDuration", "5ms"), Pair("maxDuration", "7000ms"),
                          Pair("limit", "20"), Pair("start", "1000"), Pair("end", "2000"),
                          Pair("q", "{ .a = 1 }"), Pair("spss", "3")));
}

TEST(ReadSearchRequest, WritesTagsAsTheParameterHasThem) {
  const Message message =
      Message()
          .Text(1, Message().Text(1, "service.name").Text(2, "a \"b\" \\c").bytes())
          .Text(1, Message().Text(1, "x").Number(9, 1).bytes());
  EXPECT_THAT(*ReadSearchRequest(message.bytes()),
              ElementsAre(Pair("tags", R"(service.name="a \"b\" \\c" x="")")));
}

TEST(ReadRequests, WhatIsNotSaidIsNotThere) {
  EXPECT_THAT(*ReadSearchRequest(""), IsEmpty());
  EXPECT_THAT(*ReadQueryRangeRequest(Message().Text(1, "").Number(2, 0).bytes()), IsEmpty());
  EXPECT_EQ(ReadTagValuesRequest("")->tag, "");
}

TEST(ReadRequests, TheLastOfAFieldCounts) {
  EXPECT_THAT(*ReadSearchRequest(Message().Number(4, 1).Number(4, 2).bytes()),
              ElementsAre(Pair("limit", "2")));
}

TEST(ReadRequests, AFieldOfAnotherTypeIsPassedOver) {
  EXPECT_THAT(*ReadSearchRequest(Message().Text(4, "x").Number(8, 3).Number(1, 2).bytes()),
              IsEmpty());
  EXPECT_THAT(*ReadSearchRequest(Message().Text(1, Message().Number(1, 2).bytes()).bytes()),
              ElementsAre(Pair("tags", "=\"\"")));
  EXPECT_EQ(ReadTagValuesRequest(Message().Number(1, 2).bytes())->tag, "");
}

TEST(ReadTagsRequest, SaysWhatTheParametersOfTagsSay) {
  const Message message =
      Message().Text(1, "span").Text(2, "{}").Number(3, 1).Number(4, 2).Number(5, 6).Number(6, 7);
  EXPECT_THAT(*ReadTagsRequest(message.bytes()),
              ElementsAre(Pair("scope", "span"), Pair("q", "{}"), Pair("start", "1"),
                          Pair("end", "2"), Pair("limit", "6"), Pair("maxStaleValues", "7")));
}

TEST(ReadTagValuesRequest, HasItsTagApart) {
  const Message message = Message()
                              .Text(1, "span.http url")
                              .Text(2, "{}")
                              .Number(4, 1)
                              .Number(5, 2)
                              .Number(6, 6)
                              .Number(7, 7);
  const auto request = ReadTagValuesRequest(message.bytes());
  EXPECT_EQ(request->tag, "span.http url");
  EXPECT_THAT(request->parameters,
              ElementsAre(Pair("q", "{}"), Pair("start", "1"), Pair("end", "2"), Pair("limit", "6"),
                          Pair("maxStaleValues", "7")));
}

TEST(ReadQueryRangeRequest, TimesAreNanosecondsHoweverSmall) {
  const Message message = Message()
                              .Text(1, "{} | rate()")
                              .Number(2, 5'000'000'000)
                              .Number(3, 1'700'000'000'000'000'001)
                              .Number(4, 30'000'000'000)
                              .Number(16, 7)
                              .Number(17, 8)
                              .Number(18, 1);
  EXPECT_THAT(*ReadQueryRangeRequest(message.bytes()),
              ElementsAre(Pair("q", "{} | rate()"), Pair("start", "05000000000"),
                          Pair("end", "1700000000000000001"), Pair("step", "30000000000ns"),
                          Pair("exemplars", "7"), Pair("maxSeries", "8")));
  EXPECT_THAT(*ReadQueryInstantRequest(message.bytes()),
              ElementsAre(Pair("q", "{} | rate()"), Pair("start", "05000000000"),
                          Pair("end", "1700000000000000001")));
}

TEST(ReadRequests, BytesThatAreNoMessageAreRefused) {
  for (const std::string& bytes : {std::string("\x0A\x05xy"), std::string("\x42\x7F"),
                                   std::string("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"),
                                   std::string("\x0A\x02\x0A\x7F")}) {
    const auto request = ReadSearchRequest(bytes);
    ASSERT_FALSE(request.has_value());
    EXPECT_EQ(request.error().code, Code::kInvalidArgument);
    EXPECT_THAT(request.error().message, HasSubstr("no protobuf message"));
  }
  EXPECT_FALSE(ReadTagValuesRequest("\x0A\x05x").has_value());
  EXPECT_FALSE(ReadQueryRangeRequest("\x0A\x05x").has_value());
}

}  // namespace
}  // namespace clew::wire::tempo

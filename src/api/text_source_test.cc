#include "api/text_source.h"

#include <gtest/gtest.h>

#include <memory>
#include <new>

namespace clew::api {
namespace {

/// `count` parts of `size` bytes; the call after the last fails when `error` is set.
TextSource Parts(std::size_t count, std::size_t size, const Error* error = nullptr) {
  return [=](std::string* out) mutable -> Result<bool> {
    if (count == 0) {
      if (error != nullptr) return std::unexpected(*error);
      return false;
    }
    --count;
    out->append(size, 'x');
    return true;
  };
}

TEST(SetBody, GivesASmallTextAsAWhole) {
  net::HttpResponse response;
  ASSERT_TRUE(SetBody(Surround("<", Parts(3, 1000), ">"), &response).has_value());
  EXPECT_EQ(response.body, "<" + std::string(3000, 'x') + ">");
  EXPECT_FALSE(response.next_piece);
}

TEST(SetBody, GivesALargeTextInPiecesOfBoundedSize) {
  for (const std::size_t part : {1000u, 300'000u, 2'000'000u}) {
    net::HttpResponse response;
    ASSERT_TRUE(SetBody(Surround("<", Parts(20, part), ">"), &response).has_value());
    ASSERT_TRUE(response.next_piece || part == 1000u);
    std::string text = response.body;
    while (response.next_piece) {
      const auto piece = response.next_piece();
      ASSERT_TRUE(piece.has_value());
      EXPECT_LE(piece->size(), net::kPieceBytesMax);
      if (piece->empty()) break;
      text += *piece;
    }
    EXPECT_EQ(text, "<" + std::string(20 * part, 'x') + ">");
  }
}

TEST(SetBody, KeepsWhatCountsTheMemoryOfATextUntilItIsTaken) {
  auto memory = std::make_shared<int>();
  const std::weak_ptr<int> kept = memory;
  TextSource whole = [memory = std::move(memory)](std::string* out) {
    out->append(1'000'000, 'x');
    return Result<bool>(false);
  };
  net::HttpResponse response;
  ASSERT_TRUE(SetBody(Surround("<", std::move(whole), ">"), &response).has_value());
  ASSERT_TRUE(response.next_piece().has_value());
  EXPECT_FALSE(kept.expired());
  response = {};
  EXPECT_TRUE(kept.expired());
}

TEST(SetBody, AnAnswerThatTheMachineRefusesMemoryToIsAnError) {
  net::HttpResponse response;
  const TextSource greedy = [](std::string*) -> Result<bool> { throw std::bad_alloc(); };
  EXPECT_EQ(SetBody(greedy, &response).error().code, Code::kUnavailable);
}

TEST(SetBody, FailsWithTheFirstPartAndBreaksOffLater) {
  const Error error{Code::kInternal, "broken"};
  net::HttpResponse response;
  EXPECT_EQ(SetBody(Parts(1, 100, &error), &response).error().message, "broken");

  ASSERT_TRUE(SetBody(Parts(2, 100'000, &error), &response).has_value());
  ASSERT_TRUE(response.next_piece);
  ASSERT_TRUE(response.next_piece().has_value());
  EXPECT_EQ(response.next_piece().error().message, "broken");
}

}  // namespace
}  // namespace clew::api

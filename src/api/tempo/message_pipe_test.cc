#include "api/tempo/message_pipe.h"

#include <gtest/gtest.h>

#include <thread>

namespace clew::api::tempo {
namespace {

/// "x", then "y".
TextSource TwoParts() {
  return [count = 0](std::string* out) mutable {
    *out += count == 0 ? "x" : "y";
    return Result<bool>(++count < 2);
  };
}

std::string Text(Result<std::optional<std::string>> message) {
  if (!message.has_value()) return "error: " + message.error().message;
  return message->value_or("end");
}

TEST(MessagePipe, GivesWhatWasPutThenTheRestThenTheEnd) {
  MessagePipe pipe;
  pipe.Put("a");
  pipe.Put("b");
  pipe.End(TwoParts());
  for (const char* expected : {"a", "b", "x", "y", "end", "end"}) {
    EXPECT_EQ(Text(pipe.Next()), expected);
  }
}

TEST(MessagePipe, AnErrorComesBehindWhatWasPut) {
  MessagePipe pipe;
  pipe.Put("a");
  pipe.End(std::unexpected(Error{Code::kDeadlineExceeded, "too late"}));
  EXPECT_EQ(Text(pipe.Next()), "a");
  EXPECT_EQ(Text(pipe.Next()), "error: too late");
}

TEST(MessagePipe, WaitsForTheNextMessageAndForTheEnd) {
  MessagePipe pipe;
  MessagePipe asked;
  std::thread maker([&] {
    // Each is put when the one before has been taken.
    EXPECT_EQ(Text(asked.Next()), "1");
    pipe.Put("a");
    EXPECT_EQ(Text(asked.Next()), "2");
    pipe.End(TextSource());
  });
  asked.Put("1");
  EXPECT_EQ(Text(pipe.Next()), "a");
  asked.Put("2");
  EXPECT_EQ(Text(pipe.Next()), "end");
  maker.join();
}

}  // namespace
}  // namespace clew::api::tempo

#include "base/line_writer.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <future>
#include <optional>
#include <string>
#include <utility>

#include "base/testing/no_threads.h"

namespace clew::base {
namespace {

using std::chrono::seconds;
using ::testing::EndsWith;

using ::testing::StartsWith;

constexpr std::size_t kQueueBytes = 4096;
constexpr Nanos kNoTime = Nanos(0);

std::string SayLost(std::uint64_t count) { return std::to_string(count) + " lost\n"; }

/// Lines for a pipe, whose reader is the test.
class LineWriterTest : public ::testing::Test {
 protected:
  LineWriterTest() {
    std::signal(SIGPIPE, SIG_IGN);
    EXPECT_EQ(::pipe2(ends_, O_CLOEXEC), 0);
    writer_.emplace(ends_[1], kQueueBytes, SayLost);
  }
  ~LineWriterTest() override {
    CloseReader();  // now the thread fails to write, and comes to its end
    writer_->Stop(seconds(60));
    if (ends_[1] >= 0) ::close(ends_[1]);
  }

  void CloseReader() {
    if (ends_[0] >= 0) ::close(ends_[0]);
    ends_[0] = -1;
  }

  /// Nobody reads: what is written now waits.
  void FillPipe() {
    ::fcntl(ends_[1], F_SETPIPE_SZ, 4096);
    ::fcntl(ends_[1], F_SETFL, O_NONBLOCK);
    while (::write(ends_[1], "x", 1) == 1) ++filling_;
    ::fcntl(ends_[1], F_SETFL, 0);
  }

  /// Reads until `end` has been read; gives what came behind the filling.
  std::string ReadTo(const std::string& end) {
    std::string text;
    while (!text.ends_with(end)) {
      char byte = 0;
      if (::read(ends_[0], &byte, 1) != 1) break;
      text.push_back(byte);
    }
    return text.substr(std::min(std::exchange(filling_, 0), text.size()));
  }

  std::optional<LineWriter> writer_;
  int ends_[2] = {-1, -1};
  std::size_t filling_ = 0;
};

TEST_F(LineWriterTest, WritesAtOnceWithoutAThread) {
  writer_->Write("one\n");

  EXPECT_EQ(ReadTo("\n"), "one\n");
}

TEST_F(LineWriterTest, NobodyWaitsForAReaderThatStalls) {
  ASSERT_TRUE(writer_->Start().has_value());
  FillPipe();

  for (int i = 0; i < 1000; ++i) writer_->Write("line " + std::to_string(i) + "\n");

  EXPECT_GT(writer_->unread_count(), 0);
  EXPECT_FALSE(writer_->Flush(kNoTime));
  EXPECT_FALSE(writer_->WaitForRoom(kNoTime));
}

TEST_F(LineWriterTest, TheNextLineComesBehindOneThatSaysHowManyWereLost) {
  ASSERT_TRUE(writer_->Start().has_value());
  FillPipe();
  for (int i = 0; i < 1000; ++i) writer_->Write("line " + std::to_string(i) + "\n");
  const std::uint64_t lost = writer_->unread_count();
  const std::string last = "line " + std::to_string(1000 - lost - 1) + "\n";
  const std::string queued = ReadTo("\n" + last);
  ASSERT_TRUE(writer_->Flush(seconds(60)));

  writer_->Write("next\n");

  EXPECT_THAT(queued, StartsWith("line 0\nline 1\nline 2\n"));
  EXPECT_THAT(ReadTo("next\n"), EndsWith(std::to_string(lost) + " lost\nnext\n"));
}

TEST_F(LineWriterTest, AStopWritesWhatIsQueuedAndWhatWasLost) {
  ASSERT_TRUE(writer_->Start().has_value());
  FillPipe();
  for (int i = 0; i < 1000; ++i) writer_->Write("line\n");

  auto stopped = std::async(std::launch::async, [this] { writer_->Stop(seconds(60)); });
  const std::string lost = std::to_string(writer_->unread_count()) + " lost\n";

  EXPECT_THAT(ReadTo(lost), StartsWith("line\n"));
  stopped.get();
  writer_->Write("after\n");
  EXPECT_EQ(writer_->failed_count(), 0);
}

TEST_F(LineWriterTest, AStopDoesNotWaitForAReaderThatStalls) {
  ASSERT_TRUE(writer_->Start().has_value());
  FillPipe();
  writer_->Write("line\n");

  writer_->Stop(kNoTime);
  writer_->Write("after\n");

  EXPECT_EQ(writer_->unread_count(), 1);
  ends_[1] = -1;  // the thread that was left may still be about to write
}

TEST_F(LineWriterTest, WhatCannotBeWrittenIsCounted) {
  ASSERT_TRUE(writer_->Start().has_value());
  CloseReader();

  writer_->Write("line\n");

  EXPECT_TRUE(writer_->Flush(seconds(60)));
  EXPECT_EQ(writer_->failed_count(), 1);
  writer_->Write("another\n");
  EXPECT_TRUE(writer_->Flush(seconds(60)));
  EXPECT_EQ(writer_->failed_count(), 2);
  EXPECT_EQ(writer_->unread_count(), 0);
}

TEST_F(LineWriterTest, WritesToADescriptorThatSomebodyMadeNonBlocking) {
  ASSERT_TRUE(writer_->Start().has_value());
  FillPipe();
  ::fcntl(ends_[1], F_SETFL, O_NONBLOCK);

  writer_->Write("line\n");

  EXPECT_EQ(ReadTo("line\n"), "line\n");
}

TEST_F(LineWriterTest, WithoutThreadsTheStartIsAnError) {
  const testing::NoThreads no_threads;

  const Status status = writer_->Start();

  ASSERT_FALSE(status.has_value());
  EXPECT_EQ(status.error().code, Code::kResourceExhausted);
  writer_->Write("one\n");
  EXPECT_EQ(ReadTo("\n"), "one\n");
}

}  // namespace
}  // namespace clew::base

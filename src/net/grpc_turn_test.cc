#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/memory_budget.h"
#include "base/metrics.h"
#include "net/grpc_connection.h"
#include "net/test_grpc.h"
#include "net/test_http2.h"
#include "net/test_socket.h"

namespace clew::net {
namespace {

using testing::EchoMessage;
using testing::Frame;
using testing::HeadersOfCall;
using testing::kEcho;
using testing::Message;
using testing::Preface;
using testing::TestSocket;

constexpr std::size_t kFieldBytes = 4'000;
constexpr std::size_t kFieldsOfCall = 29;

std::string Call(std::uint32_t stream, std::string_view more_fields) {
  return Frame(testing::kHeadersFrame, testing::kEndHeaders, stream,
               HeadersOfCall().append(more_fields)) +
         Frame(testing::kDataFrame, testing::kEndStream, stream, Message("q"));
}

/// A field "x" to be remembered: a literal of 4,000 bytes, whose length is 127 + 3,873.
std::string RememberedField() {
  return std::string("\x40\x01x\x7f\xa1\x1e", 6).append(kFieldBytes, 'v');
}

/// Calls of which all but the first bring 116 KB of headers by 29 bytes.
std::string HeavyCalls(std::uint32_t count) {
  std::string calls = Call(1, RememberedField());
  for (std::uint32_t i = 1; i < count; ++i) {
    calls += Call(2 * i + 1, std::string(kFieldsOfCall, '\xbe'));
  }
  return calls;
}

/// One connection, whose jobs stay.
struct Connection {
  Connection() { shared.handlers[kEcho] = &EchoMessage; }

  /// Gives it all of `bytes`, in as many turns as it wants.
  std::size_t TurnsFor(std::string_view bytes) {
    std::size_t turns = 0;
    do {
      const std::size_t jobs_before = jobs.size();
      bytes.remove_prefix(connection.Receive(bytes, out));
      most_jobs = std::max(most_jobs, jobs.size() - jobs_before);
      ++turns;
    } while (connection.is_paused());
    EXPECT_TRUE(bytes.empty());
    return turns;
  }

  SessionGroup group{base::SystemTime()};
  GrpcShared shared{group};
  std::vector<std::shared_ptr<GrpcJob>> jobs;
  std::size_t most_jobs = 0;  // of one of the turns
  std::string out;
  GrpcConnection connection{shared,
                            "test",
                            {.job =
                                 [this](std::shared_ptr<GrpcJob> job) {
                                   jobs.push_back(std::move(job));
                                   return true;
                                 },
                             .next_message = nullptr}};
};

TEST(GrpcTurn, EndsAfterSoManyFieldsAndGoesOnWhereItEnded) {
  Connection test;
  const std::string sent = Preface() + HeavyCalls(40);

  EXPECT_GE(test.TurnsFor(sent), 39 * kFieldsOfCall * kFieldBytes / (300u << 10));
  EXPECT_LE(test.most_jobs, 3U);
  ASSERT_EQ(test.jobs.size(), 40U);
  EXPECT_EQ(test.jobs[0]->request.metadata.count("x"), 1U);
  for (std::size_t i = 1; i < test.jobs.size(); ++i) {
    EXPECT_EQ(test.jobs[i]->request.metadata.count("x"), kFieldsOfCall);
    EXPECT_EQ(test.jobs[i]->request.message.view(), "q");
  }
}

TEST(GrpcTurn, MayEndWithTheLastFieldThatCame) {
  Connection test;
  const std::string begin = Preface() + Call(1, RememberedField());
  ASSERT_EQ(test.connection.Receive(begin, test.out), begin.size());
  // The last one is the first beyond 256 KiB.
  const std::string call =
      Frame(testing::kHeadersFrame, testing::kEndHeaders, 3, HeadersOfCall().append(61, '\xbe'));
  ASSERT_EQ(test.connection.Receive(call, test.out), call.size());
  ASSERT_TRUE(test.connection.is_paused());
  test.out.clear();

  EXPECT_EQ(test.connection.Receive("", test.out), 0U);
  EXPECT_FALSE(test.connection.is_paused());
  EXPECT_FALSE(test.out.empty()) << "its metadata is too large, which is told now";
}

/// Each byte is 3,000 values, which are kept one by one.
TEST(GrpcTurn, CountsTheValuesOfAField) {
  Connection test;
  const std::string values =
      std::string("\x40\x05x-bin\x7f\xb9\x16", 10).append(std::string(3'000, ','));
  std::string sent = Preface() + Call(1, values);
  for (std::uint32_t i = 1; i < 20; ++i) sent += Call(2 * i + 1, "\xbe");

  EXPECT_GE(test.TurnsFor(sent), 20U);
  ASSERT_EQ(test.jobs.size(), 20U);
  EXPECT_EQ(test.jobs[7]->request.metadata.count("x-bin"), 3'001U);
}

/// Also of what no callback hears: streams that are over, and fields that are refused.
TEST(GrpcTurn, CountsFrames) {
  Connection test;
  std::string sent = Preface();
  while (sent.size() < 60'000) {
    sent += Frame(testing::kWindowUpdateFrame, 0, 0, std::string_view("\0\0\0\1", 4));
  }

  EXPECT_EQ(test.TurnsFor(sent), 4U);
}

TEST(GrpcTurn, TakesAllOfUsualCalls) {
  Connection test;
  std::string sent = Preface();
  for (std::uint32_t i = 0; i < 40; ++i) sent += Call(2 * i + 1, "");

  EXPECT_EQ(test.connection.Receive(sent, test.out), sent.size());
  EXPECT_FALSE(test.connection.is_paused());
  EXPECT_EQ(test.jobs.size(), 40U);
}

class GrpcTurnsTest : public testing::GrpcTest {
 protected:
  void Start() {
    GrpcServerOptions options;
    options.request_memory = &account_;
    GrpcTest::Start(options, &EchoMessage);
  }

  base::Metrics metrics_;
  base::MemoryBudget budget_{512u << 20, metrics_};
  base::MemoryAccount& account_ = budget_.account(base::MemoryUse::kRequests);
};

TEST_F(GrpcTurnsTest, AreTakenUntilAllIsAnswered) {
  Start();
  TestSocket socket(server_->port());
  ASSERT_TRUE(socket.Send(Preface() + HeavyCalls(60)));

  const testing::RawAnswer answer = testing::ReadAnswer(socket, 119);
  EXPECT_TRUE(answer.is_ended);
  EXPECT_EQ(answer.data, Message("q"));
}

TEST_F(GrpcTurnsTest, NeedNoMemoryOfTheirOwn) {
  Start();
  ASSERT_TRUE(account_.TryTake(account_.limit()));
  TestSocket socket(server_->port());
  ASSERT_TRUE(socket.Send(Preface() + HeavyCalls(60)));

  EXPECT_EQ(testing::ReadAnswer(socket, 119).fields["grpc-status"], "14");
  account_.GiveBack(account_.limit());
}

}  // namespace
}  // namespace clew::net

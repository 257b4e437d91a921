#include "api/jaeger/transform.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "model/memory.h"

namespace clew::api::jaeger {
namespace {

Bytes JsonOf(int span_count, int trace_count) {
  std::string spans;
  for (int i = 0; i < span_count; ++i) {
    spans += fmt::format(R"({}{{"traceId":"{:032x}","spanId":"{:016x}","name":"GET /cart",)"
                         R"("startTimeUnixNano":"1700000000000000000"}})",
                         i == 0 ? "" : ",", i % trace_count + 1, i + 1);
  }
  return Bytes(R"({"resourceSpans":[{"scopeSpans":[{"spans":[)" + spans + "]}]}]}");
}

class TransformTest : public ::testing::Test {
 protected:
  base::Metrics metrics_;
  base::MemoryBudget budget_{1u << 30, metrics_};
  base::MemoryAccount& account_ = budget_.account(base::MemoryUse::kAnswers);
};

TEST_F(TransformTest, CountsWhatItHoldsBetweenItsSteps) {
  query::AnswerMemory memory(account_);
  const Bytes json = JsonOf(20'000, 10);
  std::atomic<bool> is_watched = false;
  std::atomic<bool> is_done = false;
  bool is_gap_seen = false;
  std::thread watcher([&] {
    bool has_begun = false;
    is_watched = true;
    while (!is_done) {
      const bool is_counted = account_.used() > 0;
      has_begun = has_begun || is_counted;
      is_gap_seen = is_gap_seen || (has_begun && !is_counted);
    }
  });
  while (!is_watched) std::this_thread::yield();

  const auto transformed = TransformOtlpJson({.memory = &memory}, json);

  is_done = true;
  watcher.join();
  ASSERT_TRUE(transformed.has_value()) << transformed.error().message;
  EXPECT_EQ(transformed->traces.size(), 10u);
  EXPECT_FALSE(is_gap_seen);
}

TEST_F(TransformTest, CountsWhatIsLeftInTheEnd) {
  query::AnswerMemory memory(account_);
  const auto transformed = TransformOtlpJson({.memory = &memory}, JsonOf(3003, 3));
  ASSERT_TRUE(transformed.has_value()) << transformed.error().message;
  std::uint64_t bytes = 0;
  for (const model::SpanColumnsPtr& trace : transformed->traces) bytes += model::MemoryOf(*trace);
  EXPECT_EQ(memory.bytes(), bytes);
}

TEST_F(TransformTest, GivesBackWhatItTookWhenItFails) {
  query::AnswerMemory memory(account_);
  EXPECT_EQ(TransformOtlpJson({.memory = &memory}, Bytes(R"({"resourceSpans":7})")).error().code,
            Code::kInvalidArgument);
  EXPECT_EQ(memory.bytes(), 0u);
}

}  // namespace
}  // namespace clew::api::jaeger

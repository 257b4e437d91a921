#include "pipeline/sending/send_queue.h"

#include <gtest/gtest.h>

#include <thread>
#include <utility>

#include "pipeline/testing/opaque_batch.h"
#include "wire/otlp/codec.h"

namespace clew::pipeline::sending {
namespace {

using std::chrono::milliseconds;
using testing::MakeOpaqueBatch;

QueueItem ItemOf(model::Signal signal) {
  return {.batch = model::Batch::FromWire({Bytes(std::string("body"))}, 2,
                                          wire::otlp::ItemCodecOf(signal)),
          .context = {}};
}

QueueItem Item(std::size_t span_count, std::string body = "body", Context context = {}) {
  return {.batch = MakeOpaqueBatch(span_count, std::move(body)), .context = std::move(context)};
}

Context Sender(const char* value) {
  Context context;
  context.metadata["x-team"] = {value};
  return context;
}

class SendQueueTest : public ::testing::Test {
 protected:
  base::ManualClock clock{1'000'000'000};
  settings::QueueSection section;
  base::Metrics metrics;
  base::MemoryBudget budget{8'000, metrics};  // 1,000 bytes for queues
  base::MemoryAccount& memory = budget.account(base::MemoryUse::kQueues);
};

TEST_F(SendQueueTest, BytesAreBoundedWhateverTheSizer) {
  SendQueue queue(section, clock, memory);
  SendQueue other(section, clock, memory);
  ASSERT_TRUE(queue.Offer(Item(1, std::string(600, 'x'))).has_value());
  ASSERT_TRUE(other.Offer(Item(1, std::string(300, 'x'))).has_value());
  EXPECT_EQ(queue.held_bytes(), 600u);
  EXPECT_EQ(memory.used(), 900u);

  const Status refused = other.Offer(Item(1, std::string(200, 'x')));
  const Status too_large = other.Offer(Item(1, std::string(2'000, 'x')));

  EXPECT_EQ(refused.error().code, Code::kUnavailable);
  EXPECT_EQ(refused.error().message,
            "sending queue is full: all queues hold 900 of 1000 bytes, send again later or raise "
            "limit_mib of memory_limiter");
  EXPECT_TRUE(refused.error().retry_after.has_value());
  EXPECT_EQ(too_large.error().code, Code::kResourceExhausted);
  EXPECT_EQ(memory.used(), 900u);
  auto job = queue.Take();
  EXPECT_EQ(memory.used(), 900u);
  queue.Release(*std::move(job));
  EXPECT_EQ(memory.used(), 300u);
  EXPECT_TRUE(other.Offer(Item(1, std::string(200, 'x'))).has_value());
}

TEST_F(SendQueueTest, WhoBlocksWaitsForItsOwnBytesOnly) {
  section.block_on_overflow = true;
  SendQueue queue(section, clock, memory);
  SendQueue other(section, clock, memory);
  ASSERT_TRUE(queue.Offer(Item(1, std::string(900, 'x'))).has_value());
  EXPECT_FALSE(other.Offer(Item(1, std::string(200, 'x'))).has_value());
  auto job = queue.Take();
  std::thread offerer(
      [&] { EXPECT_TRUE(queue.Offer(Item(2, std::string(200, 'x'))).has_value()); });

  queue.Release(*std::move(job));

  offerer.join();
  EXPECT_EQ(memory.used(), 200u);
}

TEST_F(SendQueueTest, WhatTheLogKeepsTakesNoMemory) {
  SendQueue queue(section, clock, memory);
  Context context;
  context.delivery = std::make_shared<DeliveryToken>([](DeliveryOutcome) {});

  EXPECT_TRUE(queue.Offer(Item(1, std::string(2'000, 'x'), context)).has_value());

  EXPECT_EQ(memory.used(), 0u);
}

TEST_F(SendQueueTest, FullQueueRefusesWithADelay) {
  section.queue_size = 2;
  SendQueue queue(section, clock, memory);
  ASSERT_TRUE(queue.Offer(Item(1)).has_value());
  ASSERT_TRUE(queue.Offer(Item(1)).has_value());

  const Status refused = queue.Offer(Item(1));

  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, Code::kUnavailable);
  EXPECT_EQ(refused.error().message,
            "sending queue is full: it holds 2 of 2 requests, send again later or raise "
            "sending_queue::queue_size");
  EXPECT_TRUE(refused.error().retry_after.has_value());
  EXPECT_EQ(queue.size(), 2u);
}

TEST_F(SendQueueTest, WhatIsBeingSentCountsUntilRelease) {
  section.queue_size = 1;
  SendQueue queue(section, clock, memory);
  ASSERT_TRUE(queue.Offer(Item(1)).has_value());
  auto job = queue.Take();

  EXPECT_FALSE(queue.Offer(Item(1)).has_value());
  queue.Release(*std::move(job));
  EXPECT_TRUE(queue.Offer(Item(1)).has_value());
}

TEST_F(SendQueueTest, SizersCountRequestsItemsOrBytes) {
  section.queue_size = 100;
  const auto size_of = [&](const char* sizer) {
    section.sizer = sizer;
    SendQueue queue(section, clock, memory);
    EXPECT_TRUE(queue.Offer(Item(5, "twelve bytes")).has_value());
    return queue.size();
  };

  EXPECT_EQ(size_of("requests"), 1u);
  EXPECT_EQ(size_of("items"), 5u);
  EXPECT_EQ(size_of("bytes"), 12u);
}

TEST_F(SendQueueTest, ElementLargerThanTheQueueIsRefusedForGood) {
  section.sizer = "items";
  section.queue_size = 10;
  section.block_on_overflow = true;
  SendQueue queue(section, clock, memory);

  const Status refused = queue.Offer(Item(11));

  EXPECT_EQ(refused.error().code, Code::kResourceExhausted);
  EXPECT_FALSE(refused.error().is_retryable());
}

TEST_F(SendQueueTest, WhoWaitsForRoomCanBeReleased) {
  section.queue_size = 1;
  section.block_on_overflow = true;
  SendQueue queue(section, clock, memory);
  ASSERT_TRUE(queue.Offer(Item(1)).has_value());
  std::atomic<bool> is_refused = false;
  std::thread offerer([&] {
    const Status refused = queue.Offer(Item(2));
    EXPECT_EQ(refused.error().code, Code::kUnavailable);
    is_refused = true;
  });

  while (!is_refused) queue.ReleaseOfferers();

  offerer.join();
  EXPECT_EQ(queue.size(), 1u);
}

TEST_F(SendQueueTest, BlockOnOverflowWaitsForRoom) {
  section.queue_size = 1;
  section.block_on_overflow = true;
  SendQueue queue(section, clock, memory);
  ASSERT_TRUE(queue.Offer(Item(1)).has_value());
  std::atomic<bool> is_taken = false;
  std::thread offerer([&] {
    EXPECT_TRUE(queue.Offer(Item(2)).has_value());
    is_taken = true;
  });

  auto first = queue.Take();
  EXPECT_FALSE(is_taken);
  queue.Release(*std::move(first));
  offerer.join();

  EXPECT_EQ(queue.Take()->items.front().batch->item_count(), 2u);
}

TEST_F(SendQueueTest, CloseFreesThoseWhoWaitForRoom) {
  section.queue_size = 1;
  section.block_on_overflow = true;
  SendQueue queue(section, clock, memory);
  ASSERT_TRUE(queue.Offer(Item(1)).has_value());
  std::thread offerer([&] { EXPECT_FALSE(queue.Offer(Item(2)).has_value()); });

  queue.Close();
  offerer.join();

  EXPECT_TRUE(queue.Take().has_value());
  EXPECT_FALSE(queue.Take().has_value());
}

TEST_F(SendQueueTest, BatchGoesAsSoonAsItHasTheLeastSize) {
  section.has_batch = true;
  section.batch.min_size = 10;
  SendQueue queue(section, clock, memory);
  ASSERT_TRUE(queue.Offer(Item(4)).has_value());
  ASSERT_TRUE(queue.Offer(Item(4)).has_value());
  ASSERT_TRUE(queue.Offer(Item(4)).has_value());

  auto job = queue.Take();

  EXPECT_EQ(job->items.size(), 3u);
}

TEST_F(SendQueueTest, RequestsOfAllButProfilesAreJoined) {
  section.has_batch = true;
  section.batch.min_size = 4;
  for (const model::Signal signal : model::kSignals) {
    SendQueue queue(section, clock, memory);
    ASSERT_TRUE(queue.Offer(ItemOf(signal)).has_value());
    ASSERT_TRUE(queue.Offer(ItemOf(signal)).has_value());
    const auto job = queue.Take();
    EXPECT_EQ(job->items.size(), signal == model::Signal::kProfiles ? 1u : 2u) << NameOf(signal);
  }
}

TEST_F(SendQueueTest, BatchGoesWhenItsTimeIsOver) {
  section.has_batch = true;
  SendQueue queue(section, clock, memory);
  ASSERT_TRUE(queue.Offer(Item(4)).has_value());
  std::optional<SendJob> job;
  std::thread consumer([&] { job = queue.Take(); });
  std::optional<Nanos> wake;
  while (!wake.has_value()) {
    wake = clock.NextWake();
    std::this_thread::yield();
  }
  EXPECT_EQ(*wake - clock.Monotonic(), milliseconds(200));

  clock.Advance(milliseconds(200));
  consumer.join();

  ASSERT_TRUE(job.has_value());
  EXPECT_EQ(job->items.size(), 1u);
}

TEST_F(SendQueueTest, ABatchGrowsWhileAnotherIsOnItsWay) {
  section.has_batch = true;
  section.batch.min_size = 1000;
  SendQueue queue(section, clock, memory);
  EXPECT_FALSE(queue.HandOut()) << "there is nothing";
  ASSERT_TRUE(queue.Offer(Item(1)).has_value());

  EXPECT_TRUE(queue.HandOut()) << "it goes now";
  ASSERT_TRUE(queue.Offer(Item(1)).has_value());
  EXPECT_TRUE(queue.HandOut()) << "the first is ready";
  std::optional<SendJob> first = queue.Take();
  ASSERT_TRUE(first.has_value());
  EXPECT_TRUE(queue.HandOut()) << "and is being sent";
  EXPECT_EQ(queue.partition_count(), 1u) << "the other goes on growing";

  ASSERT_TRUE(queue.Offer(Item(1)).has_value());
  queue.Release(*std::move(first));
  EXPECT_TRUE(queue.HandOut());
  std::optional<SendJob> second = queue.Take();
  ASSERT_TRUE(second.has_value());
  EXPECT_EQ(second->items.size(), 2u);
  queue.Release(*std::move(second));
  EXPECT_FALSE(queue.HandOut());
}

TEST_F(SendQueueTest, TenantsAndChosenHeadersStayApart) {
  section.has_batch = true;
  section.batch.partition.metadata_keys = {"X-Team"};
  SendQueue queue(section, clock, memory);
  Context tenant = Sender("a");
  tenant.tenant = *TenantId::Parse("acme");
  ASSERT_TRUE(queue.Offer(Item(1, "1", Sender("a"))).has_value());
  ASSERT_TRUE(queue.Offer(Item(1, "2", Sender("b"))).has_value());
  ASSERT_TRUE(queue.Offer(Item(1, "3", tenant)).has_value());
  ASSERT_TRUE(queue.Offer(Item(1, "4", Sender("a"))).has_value());
  queue.Close();

  EXPECT_EQ(queue.Take()->items.size(), 2u);
  EXPECT_EQ(queue.Take()->items.size(), 1u);
  EXPECT_EQ(queue.Take()->items.size(), 1u);
  EXPECT_FALSE(queue.Take().has_value());
}

TEST_F(SendQueueTest, TooManyPartitionsAreRefusedForNow) {
  section.has_batch = true;
  section.batch.partition.metadata_keys = {"x-team"};
  SendQueue queue(section, clock, memory, 2);
  ASSERT_TRUE(queue.Offer(Item(1, "1", Sender("a"))).has_value());
  ASSERT_TRUE(queue.Offer(Item(1, "2", Sender("b"))).has_value());

  const Status refused = queue.Offer(Item(1, "3", Sender("c")));

  EXPECT_EQ(refused.error().message, "too many batcher metadata-value combinations");
  EXPECT_TRUE(refused.error().is_retryable());
  EXPECT_EQ(queue.partition_count(), 2u);
  EXPECT_EQ(queue.size(), 2u);
  EXPECT_TRUE(queue.Offer(Item(1, "4", Sender("a"))).has_value());
}

TEST_F(SendQueueTest, NothingIsLostWithManyThreads) {
  section.queue_size = 8;
  section.block_on_overflow = true;
  section.has_batch = true;
  section.batch.min_size = 3;
  SendQueue queue(section, clock, memory);
  std::atomic<std::size_t> spans = 0;
  std::vector<std::thread> consumers;
  for (int i = 0; i < 3; ++i) {
    consumers.emplace_back([&] {
      while (auto job = queue.Take()) {
        for (const QueueItem& item : job->items) {
          spans += item.batch->item_count();
        }
        queue.Release(*std::move(job));
      }
    });
  }
  std::vector<std::thread> offerers;
  for (int i = 0; i < 3; ++i) {
    offerers.emplace_back([&] {
      for (int n = 0; n < 200; ++n) {
        EXPECT_TRUE(queue.Offer(Item(1)).has_value());
        clock.Advance(milliseconds(1));
      }
    });
  }
  for (std::thread& offerer : offerers) {
    offerer.join();
  }
  queue.Close();
  for (std::thread& consumer : consumers) {
    consumer.join();
  }

  EXPECT_EQ(spans, 600u);
  EXPECT_EQ(queue.size(), 0u);
}

}  // namespace
}  // namespace clew::pipeline::sending

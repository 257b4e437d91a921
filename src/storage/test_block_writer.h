#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/worker_pool.h"
#include "storage/testing/test_store.h"

namespace clew::storage::testing {

/// Whoever passes waits while it is shut.
class Gate {
 public:
  void Pass() {
    std::unique_lock lock(mutex_);
    opened_.wait(lock, [this] { return is_open_; });
  }
  void Shut() {
    const std::scoped_lock lock(mutex_);
    is_open_ = false;
  }
  void Open() {
    const std::scoped_lock lock(mutex_);
    is_open_ = true;
    opened_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable opened_;
  bool is_open_ = true;
};

inline Error DiskFull() { return {Code::kResourceExhausted, "no space left on device", {}}; }

/// A store whose blocks can be kept from being written, and that may lay some aside.
class BlockWriterTest : public ::testing::Test {
 protected:
  BlockWriterTest() {
    store_.options.head_bytes_max = 1u << 20;
    store_.options.seal.row_group_span_count = 4;
    store_.options.seal.block_span_count = 8;
    store_.options.waiting_objects = &waiting_;
    store_.objects.on_put = [this] {
      ++put_count_;
      gate_.Pass();
    };
  }
  // Whatever a test left shut: the workers, and the store, wait for those in it.
  ~BlockWriterTest() override { gate_.Open(); }

  void Open(base::WorkerPool* workers) {
    store_.options.workers = workers;
    store_.Restart();
  }
  /// False when it is not so within a minute.
  template <typename IsSo>
  static bool Eventually(const IsSo& is_so) {
    const Deadline limit = std::chrono::steady_clock::now() + std::chrono::minutes(1);
    while (!is_so()) {
      if (std::chrono::steady_clock::now() > limit) return false;
      std::this_thread::yield();
    }
    return true;
  }
  /// A trace of its own for each number, of random text, which sealing makes hardly smaller.
  model::TraceData LargeData(int number) {
    std::string text;
    for (int i = 0; i < 1000; ++i) text += fmt::format("{:x}", random_.Next());
    const std::string id = std::to_string(number + 1);
    return MakeData(
        {{.trace = id, .span = id, .service = "shop", .name = std::move(text), .start = 1000}});
  }
  Status AppendLarge(int number) { return store_.Append(LargeData(number)); }
  /// As a sender that tries again.
  void AppendAllLarge(int count) {
    for (int i = 0; i < count; ++i) {
      ASSERT_TRUE(Eventually([&] { return AppendLarge(i).has_value(); })) << i;
    }
  }
  /// Until nobody is taken any more.
  void AppendUntilRefused() {
    int number = 0;
    do {
      while (AppendLarge(number).has_value()) ++number;
      EXPECT_FALSE(store_.storage().Maintain().has_value());
    } while (AppendLarge(number).has_value() && ++number > 0);
  }
  std::uint64_t WaitingBytes() {
    const std::vector<ObjectInfo> objects = waiting_.List(kBlockPrefix).value();
    std::uint64_t bytes = 0;
    for (const ObjectInfo& object : objects) bytes += object.size_bytes;
    return bytes;
  }
  void WaitUntilSpilled() {
    ASSERT_TRUE(Eventually([&] { return store_.storage().facts().spilled_block_count > 0; }));
  }
  /// From now on nothing is on its way to disk, where others look: while no block can be written,
  /// and nothing comes, a round lays aside all that it may.
  void EndSpilling() { EXPECT_FALSE(store_.storage().Maintain().has_value()); }
  /// Many spans, of which some lie on disk, where they wait.
  void AppendUntilSpilled() {
    Open(nullptr);
    store_.objects.Fail(FaultyObjectStore::Call::kPut, DiskFull());
    AppendAllLarge(kMany);
    WaitUntilSpilled();
    EndSpilling();
  }
  /// One of those that lie on disk, and what is there in its place from now on; nothing when empty.
  void PutInPlaceOfOne(const std::function<std::string(std::string bytes)>& change) {
    const ObjectInfo object = waiting_.List(kBlockPrefix)->front();
    const std::string bytes = change(std::string(waiting_.Get(object.name)->view()));
    ASSERT_TRUE(waiting_.Delete(object.name).has_value());
    if (bytes.empty()) return;
    ASSERT_TRUE(waiting_.PutIfAbsent(object.name, {bytes}).has_value());
  }
  /// Of which numbers there are spans, each as often.
  std::vector<std::string> Ids() {
    std::vector<std::string> ids;
    for (const scan::SpanSourcePtr& source : store_.storage().Sources({})) {
      const auto traces = source->Traces();
      EXPECT_TRUE(traces.has_value()) << traces.error().message;
      for (const scan::TraceSize& trace : *traces) ids.push_back(trace.id.ToHex());
    }
    std::ranges::sort(ids);
    return ids;
  }
  void ExpectEachOnce(std::size_t count) {
    std::vector<std::string> ids = Ids();
    EXPECT_EQ(ids.size(), count);
    EXPECT_EQ(std::ranges::unique(ids).size(), 0u);
  }

  static constexpr int kMany = 400;  // some 6 MB of spans, for a head of one
  base::SeededRandom random_{7};
  Gate gate_;
  std::atomic<int> put_count_ = 0;
  /// What a test has counted besides: the store asks to the end.
  std::atomic<std::uint64_t> asked_count_ = 0;
  base::WorkerPool workers_{"test", 4, 100};
  FaultyObjectStore waiting_;
  TestStore store_;
};

}  // namespace clew::storage::testing

#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "base/for_each.h"
#include "base/worker_pool.h"
#include "query/search.h"
#include "query/search_terms.h"
#include "storage/testing/test_store.h"

/// One search matches several sources at once.
namespace clew::query {
namespace {

using storage::testing::MakeData;
using storage::testing::TestStore;

constexpr int kSourceCount = 8;

/// The sources of a store that are asked whether to go on when their spans begin to be matched: all
/// but the first wait there until another one is, too, for which one thread alone would wait in
/// vain.
class MeetingPlace {
 public:
  std::vector<scan::SpanSourcePtr> Watch(const std::vector<scan::SpanSourcePtr>& sources) {
    std::vector<scan::SpanSourcePtr> watched;
    for (std::size_t i = 0; i < sources.size(); ++i) {
      watched.push_back(sources[i]->PastDamage({.report = [](const Error&) {},
                                                .check =
                                                    [this, i] {
                                                      Enter(i);
                                                      return Status();
                                                    }}));
    }
    return watched;
  }
  bool have_met() const { return have_met_; }

 private:
  void Enter(std::size_t source) {
    std::unique_lock lock(mutex_);
    begun_.insert(source);
    // It may be all that is needed, so nothing is read besides.
    if (begun_.size() == 1 || is_over_) return;
    if (begun_.size() == 2) {
      have_met_ =
          changed_.wait_for(lock, std::chrono::seconds(20), [this] { return begun_.size() > 2; });
      is_over_ = true;
    }
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::set<std::size_t> begun_;
  bool have_met_ = false;
  bool is_over_ = false;
};

TEST(SearchThreads, SourcesAreMatchedSeveralAtOnce) {
  base::WorkerPool helpers("test", 3, 16);
  if (base::CountAtOnce(&helpers) < 2) GTEST_SKIP() << "one core";
  TestStore store;
  for (int i = 0; i < kSourceCount; ++i) {
    ASSERT_TRUE(store
                    .Append(MakeData({{.trace = std::to_string(i + 1),
                                       .span = "1",
                                       .service = "shop",
                                       .start = 1000 * (i + 1)}}))
                    .has_value());
  }
  MeetingPlace place;
  const auto sources = place.Watch(store.storage().Sources({}));
  const QueryContext context{.helpers = &helpers};
  QueryStats stats;

  const auto found = FindTraceIds({store.storage(), context, sources, stats},
                                  {.condition = ConditionOf({.service = "shop"})}, kSourceCount, 0);

  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->size(), std::size_t{kSourceCount});
  EXPECT_TRUE(place.have_met());
}

}  // namespace
}  // namespace clew::query

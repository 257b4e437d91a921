#include "storage/format/scan_cache.h"

#include <gtest/gtest.h>

#include "base/metrics.h"

namespace clew::storage {
namespace {

using Texts = std::string;

class ScanCacheTest : public ::testing::Test {
 protected:
  // Adds an entry unless it is there. Gives whether it was.
  bool Add(std::uint64_t offset, std::uint64_t byte_size, std::vector<ScanCache::Key> parts = {}) {
    bool is_there = true;
    const auto got = cache_.Get<Texts>(KeyOf(offset), [&]() -> Result<ScanCache::Loaded<Texts>> {
      is_there = false;
      return ScanCache::Loaded<Texts>{std::make_shared<const Texts>("x"), byte_size, true,
                                      std::move(parts)};
    });
    EXPECT_TRUE(got.has_value());
    return is_there;
  }
  bool Has(std::uint64_t offset) const { return cache_.Has(KeyOf(offset)); }
  static ScanCache::Key KeyOf(std::uint64_t offset) {
    return {.source_id = 1, .offset = offset, .name = {}};
  }

  // Room for three entries of 1,000 bytes and what keeps them.
  base::Metrics metrics_;
  ScanCache cache_{4'500, metrics_};
};

TEST_F(ScanCacheTest, WhatWasUsedLongestAgoGoesFirst) {
  Add(1, 1000);
  Add(2, 1000);
  Add(3, 1000);
  EXPECT_TRUE(Add(1, 1000));

  Add(4, 1000);

  EXPECT_TRUE(Has(1));
  EXPECT_FALSE(Has(2));
}

TEST_F(ScanCacheTest, APartStaysAsLongAsWhatHoldsIt) {
  Add(1, 1000);
  Add(2, 100, {KeyOf(1)});
  Add(3, 1000);
  // Its part is used with it.
  EXPECT_TRUE(Add(2, 100));

  Add(4, 1000);
  Add(5, 1000);
  EXPECT_TRUE(Has(1));
  EXPECT_TRUE(Has(2));
  EXPECT_FALSE(Has(3));

  // What holds it is given up first.
  Add(6, 100);
  EXPECT_TRUE(Has(1));
  EXPECT_FALSE(Has(2));
  Add(7, 1000);
  EXPECT_FALSE(Has(1));
}

TEST_F(ScanCacheTest, WhatHasLostAPartIsNotKept) {
  EXPECT_FALSE(Add(2, 100, {KeyOf(1)}));
  EXPECT_FALSE(Has(2));

  Add(1, 1000);
  EXPECT_FALSE(Add(2, 100, {KeyOf(1)}));
  EXPECT_TRUE(Add(2, 100, {KeyOf(1)}));
}

TEST_F(ScanCacheTest, GivesThePagesThatItHas) {
  const std::vector<PageRef> pages = {
      {.offset = 10, .length = 3}, {.offset = 20, .length = 3}, {.offset = 10, .length = 0}};
  std::vector<Bytes> bytes = {Bytes(), Bytes(std::string("two")), Bytes()};
  cache_.PutPages(7, pages, bytes);
  std::vector<Bytes> found(pages.size());

  cache_.FindPages(7, pages, pages.size(), found);

  EXPECT_TRUE(found[0].empty());
  EXPECT_EQ(found[1].view(), "two");
  EXPECT_TRUE(found[2].empty());
  std::vector<Bytes> of_another(pages.size());
  cache_.FindPages(8, pages, pages.size(), of_another);
  EXPECT_TRUE(of_another[1].empty());
}

TEST_F(ScanCacheTest, WhoLoadsTheSameLaterGoesOnWithWhatIsCounted) {
  const auto load = [](std::shared_ptr<const Texts> value) -> Result<ScanCache::Loaded<Texts>> {
    return ScanCache::Loaded<Texts>{std::move(value), 1000};
  };
  const auto mine = std::make_shared<const Texts>("mine");
  const auto theirs = std::make_shared<const Texts>("theirs");

  // As two threads that miss it at once: one puts it there while the other loads it.
  const auto got = cache_.Get<Texts>(KeyOf(1), [&] {
    EXPECT_EQ(*cache_.Get<Texts>(KeyOf(1), [&] { return load(theirs); }), theirs);
    return load(mine);
  });

  EXPECT_EQ(*got, theirs);
  EXPECT_EQ(mine.use_count(), 1);
}

TEST_F(ScanCacheTest, WhatIsNotWholeIsNotExchanged) {
  const auto got = cache_.Get<Texts>(KeyOf(1), [&]() -> Result<ScanCache::Loaded<Texts>> {
    Add(1, 1000);
    return ScanCache::Loaded<Texts>{std::make_shared<const Texts>("some"), 1000, false};
  });

  EXPECT_EQ(**got, "some");
}

TEST_F(ScanCacheTest, PagesThatAreThereTakeThePlaceOfTheSameReadAgain) {
  const std::vector<PageRef> pages = {{.offset = 10, .length = 3}, {.offset = 20, .length = 3}};
  std::vector<Bytes> first = {Bytes(std::string("one")), Bytes()};
  std::vector<Bytes> second = {Bytes(std::string("one")), Bytes(std::string("two"))};
  cache_.PutPages(7, pages, first);
  const double bytes = metrics_.Sum("clew_query_cache_bytes");

  cache_.PutPages(7, {pages.data(), 1}, {second.data(), 1});

  EXPECT_EQ(second[0].owner(), first[0].owner());
  EXPECT_EQ(second[1].view(), "two");
  EXPECT_EQ(metrics_.Sum("clew_query_cache_bytes"), bytes);
}

TEST_F(ScanCacheTest, CountsWhatIsReadForItAndNothingElse) {
  const std::vector<PageRef> pages = {{.offset = 10, .length = 3},
                                      {.offset = 20, .length = 3},
                                      {.offset = 30, .length = 3},
                                      {.offset = 40, .length = 0}};
  std::vector<Bytes> bytes = {Bytes(std::string("one")), Bytes(), Bytes(std::string("mad"))};
  cache_.PutPages(7, {pages.data(), bytes.size()}, bytes);
  std::vector<Bytes> found(pages.size());

  // Of the last two something is made, which is asked for by itself.
  cache_.FindPages(7, pages, 2, found);

  EXPECT_EQ(found[2].view(), "mad");
  EXPECT_EQ(metrics_.Sum("clew_query_cache_hits"), 1);
  EXPECT_EQ(metrics_.Sum("clew_query_cache_misses"), 1);
}

}  // namespace
}  // namespace clew::storage

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
  const std::vector<Bytes> bytes = {Bytes(), Bytes(std::string("two")), Bytes()};
  cache_.PutPages(7, pages, bytes);
  std::vector<Bytes> found(pages.size());

  cache_.FindPages(7, pages, found);

  EXPECT_TRUE(found[0].empty());
  EXPECT_EQ(found[1].view(), "two");
  EXPECT_TRUE(found[2].empty());
  std::vector<Bytes> of_another(pages.size());
  cache_.FindPages(8, pages, of_another);
  EXPECT_TRUE(of_another[1].empty());
}

}  // namespace
}  // namespace clew::storage

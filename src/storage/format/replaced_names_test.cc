#include "storage/format/replaced_names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <memory>
#include <string>

#include "storage/format/block.h"
#include "storage/format/block_facts.h"

namespace clew::storage {
namespace {

using ::testing::ElementsAre;

constexpr UnixNanos kTime = 1'700'000'000'000'000'000;

BlockMeta MetaOf(const TenantId& tenant) {
  BlockMeta meta;
  meta.tenant = tenant;
  meta.created_at = kTime;
  return meta;
}

TEST(ReplacedNames, OlderBlocksOfTheTenantAreKept) {
  const TenantId tenant = *TenantId::Parse("a");
  const std::string one = BlockName(tenant, kTime - 1, 7);
  const std::string two = BlockName(tenant, kTime - 2, 8);
  BlockMeta meta = MetaOf(tenant);

  ASSERT_TRUE(DecodeReplacesFact(EncodeReplacesFact({one, two}), &meta));

  EXPECT_THAT(meta.replaces, ElementsAre(one, two));
}

TEST(ReplacedNames, OthersAreRefused) {
  const TenantId tenant = *TenantId::Parse("a");
  for (const std::string& name :
       {BlockName(*TenantId::Parse("b"), kTime - 1, 7), BlockName(tenant, kTime, 7),
        BlockName(tenant, kTime + 1, 7), std::string("blocks/a/x"), std::string("inventory")}) {
    BlockMeta meta = MetaOf(tenant);
    EXPECT_FALSE(DecodeReplacesFact(EncodeReplacesFact({name}), &meta)) << name;
    EXPECT_FALSE(MayReplace(meta, name)) << name;
  }
}

TEST(ReplacedNames, BytesThatAreNoListAreRefused) {
  const TenantId tenant = *TenantId::Parse("a");
  const std::string fact = EncodeReplacesFact({BlockName(tenant, kTime - 1, 7)});
  for (std::size_t size = 0; size < fact.size(); ++size) {
    BlockMeta meta = MetaOf(tenant);
    EXPECT_FALSE(DecodeReplacesFact(fact.substr(0, size), &meta)) << size;
  }
  BlockMeta meta = MetaOf(tenant);
  EXPECT_FALSE(DecodeReplacesFact(fact + 'x', &meta));
  EXPECT_FALSE(DecodeReplacesFact("\xff\xff\xff\xff\xff\xff\xff\xff\x7f", &meta));
}

TEST(ReplacedNames, WhatIsKnownOfABlockHasThem) {
  BlockFacts facts;
  facts.meta = MetaOf(*TenantId::Parse("a"));
  facts.outline = std::make_shared<const BlockOutline>();
  const std::string of_older = EncodeBlockFacts(facts);
  facts.meta.replaces = {BlockName(facts.meta.tenant, kTime - 1, 7)};

  const auto decoded = DecodeBlockFacts(EncodeBlockFacts(facts));

  ASSERT_TRUE(decoded.has_value());
  EXPECT_EQ(decoded->meta.replaces, facts.meta.replaces);
  ASSERT_TRUE(DecodeBlockFacts(of_older).has_value());
  EXPECT_TRUE(DecodeBlockFacts(of_older)->meta.replaces.empty());
}

}  // namespace
}  // namespace clew::storage

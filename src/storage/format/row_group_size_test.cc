#include "storage/format/row_group_size.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "storage/testing/test_store.h"

namespace clew::storage {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using testing::MakeData;
using testing::TestStore;

model::TraceData Spans(int count) {
  std::vector<testing::SpanSpec> specs;
  for (int i = 1; i <= count; ++i) {
    specs.push_back({.trace = std::to_string(i), .span = "1", .service = "shop", .name = "op"});
  }
  return MakeData(specs);
}

TEST(RowGroupSize, HasTheLimitsOfReaders) {
  const RowGroupLimits limits;
  EXPECT_TRUE(CheckRowGroupSize({.span_count = 1u << 24,
                                 .row_count = 1u << 24,
                                 .text_bytes = 1u << 30,
                                 .attribute_column_count = 400,
                                 .overflow_bytes = 1ull << 40},
                                limits)
                  .has_value());
  for (const RowGroupSize& size :
       {RowGroupSize{.span_count = (1u << 24) + 1}, RowGroupSize{.row_count = (1u << 24) + 1},
        RowGroupSize{.text_bytes = (1u << 30) + 1},
        RowGroupSize{.attribute_column_count = 401, .overflow_bytes = (1u << 30) + 1}}) {
    EXPECT_EQ(CheckRowGroupSize(size, limits).error().code, Code::kInvalidArgument);
  }
}

TEST(RowGroupSize, ARequestThatCouldNotBeReadAgainIsNotAcknowledged) {
  TestStore store;
  store.options.seal.row_group.span_count_max = 3;
  store.Restart();

  ASSERT_TRUE(store.Append(Spans(3)).has_value());
  const Status refused = store.Append(Spans(4));

  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, Code::kInvalidArgument);
  EXPECT_THAT(refused.error().message,
              AllOf(HasSubstr("4 spans"), HasSubstr("3"), HasSubstr("send smaller requests")));
  EXPECT_THAT(store.metrics.Expose(),
              HasSubstr("clew_storage_refused_spans{reason=\"too_large\"} 4"));
  store.Restart();
  EXPECT_EQ(store.SpanCount(), 3u);
}

// What is in the head becomes a row group together with what came before and after it.
TEST(RowGroupSize, NoTwoBatchesAreJoinedBeyondIt) {
  for (const unsigned batch_count : {5u, 100u}) {
    TestStore store;
    store.options.seal.row_group.span_count_max = 3;
    store.options.seal.row_group.text_bytes_max = 64;
    store.Restart();
    for (unsigned i = 0; i < batch_count; ++i) ASSERT_TRUE(store.Append(Spans(2)).has_value());

    ASSERT_TRUE(store.storage().Flush().has_value());

    EXPECT_EQ(store.storage().facts().block_span_count, 2 * batch_count);
    for (const scan::SpanSourcePtr& source : store.storage().Sources({})) {
      EXPECT_LE(source->stats().span_count, 3u);
    }
  }
}

TEST(RowGroupSize, AllTablesAndTextsCount) {
  TestStore store;
  model::TraceData data = Spans(2);
  data.spans[0].name = std::string(100, 'n');
  data.spans[1].attributes = {{"k", model::Value{std::string(90, 'v')}}};
  data.spans[1].events.resize(5);
  ASSERT_TRUE(store.Append(data).has_value());
  const auto columns = store.storage().Sources({}).at(0)->ReadAll(scan::ReadExtent::kAll).value();

  RowGroupSize size = RowGroupSize::Of(*columns);
  EXPECT_EQ(size.span_count, 2u);
  EXPECT_EQ(size.row_count, 5u);
  EXPECT_EQ(size.text_bytes, 102u);
  EXPECT_EQ(size.attribute_column_count, 2u);  // with service.name
  EXPECT_GT(size.overflow_bytes, 90u);
  size += size;
  EXPECT_EQ(size.text_bytes, 204u);
}

// Each of many operations of a service had its name, however long.
TEST(RowGroupSize, OperationsHoldTheNameOfAServiceOnce) {
  TestStore store;
  std::vector<testing::SpanSpec> specs;
  const std::string long_name(100, 'a');
  for (int i = 1; i <= 16'000; ++i) {
    const bool is_of_one = i <= 11'000;
    specs.push_back({.trace = "1",
                     .span = fmt::format("{:x}", i),
                     .service = is_of_one ? long_name : fmt::format("s{}", i),
                     .name = is_of_one ? fmt::format("op {}", i) : "op"});
  }
  ASSERT_TRUE(store.Append(MakeData(specs)).has_value());
  const auto columns = store.storage().Sources({}).at(0)->ReadAll(scan::ReadExtent::kAll).value();

  const RowGroup group = BuildRowGroup({columns}, {});

  EXPECT_EQ(group.directory.Find(ColumnField::kOperationService)->values,
            ValuesEncoding::kDictionary);
}

}  // namespace
}  // namespace clew::storage

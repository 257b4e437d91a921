#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "query/collect.h"
#include "query/search_terms.h"
#include "storage/testing/test_store.h"

namespace clew::query {

/// What every QueryService must do. An implementation runs it with
///   INSTANTIATE_TEST_SUITE_P(Store, QueryServiceSuite, ::testing::Values(QueryServiceMaker([]
///   {…})));
/// where the maker gives one that answers from these spans, and what it needs to live as long. The
/// spans of a trace come together, the newest trace first.
using QueryServiceMaker = std::function<std::shared_ptr<QueryService>(
    const std::vector<storage::testing::SpanSpec>& spans)>;

class QueryServiceSuite : public ::testing::TestWithParam<QueryServiceMaker> {
 protected:
  QueryServiceSuite()
      : service_(GetParam()({
            {.trace = "c", .span = "1", .service = "front", .name = "load", .start = 300},
            {.trace = "c", .span = "2", .parent = "1", .service = "back", .name = "", .start = 310},
            {.trace = "b", .span = "1", .service = "back", .name = "store", .start = 200},
            {.trace = "a", .span = "1", .service = "front", .name = "load", .start = 100},
        })) {}

  static TraceId Id(const std::string& digits) { return *TraceId::FromHex(digits); }

  std::vector<TraceId> Search(const SearchTerms& terms, std::size_t limit) {
    const auto found = Collect<model::SpanColumnsPtr>(
        *service_, SearchPlan({.condition = ConditionOf(terms), .limit = limit}), {});
    EXPECT_TRUE(found.has_value());
    return IdsOf(*found);
  }
  static std::vector<TraceId> IdsOf(const std::vector<model::SpanColumnsPtr>& traces) {
    std::vector<TraceId> ids;
    for (const model::SpanColumnsPtr& trace : traces) ids.push_back(trace->trace_ids.front());
    return ids;
  }

  const std::shared_ptr<QueryService> service_;
};

TEST_P(QueryServiceSuite, NamedTracesComeOnceAndWhatIsAbsentIsTold) {
  const auto found = CollectTraces(
      *service_, TracesPlan({Id("a"), Id("f"), Id("c"), Id("a"), Id("e"), Id("f")}), {});

  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(IdsOf(found->traces), (std::vector{Id("a"), Id("c")}));
  EXPECT_EQ(found->traces[1]->span_count(), 2u);
  EXPECT_EQ(found->absent, (std::vector{Id("f"), Id("e")}));
}

TEST_P(QueryServiceSuite, SearchGivesWholeTracesTheNewestFirst) {
  EXPECT_EQ(Search({}, 20), (std::vector{Id("c"), Id("b"), Id("a")}));
  EXPECT_EQ(Search({}, 2), (std::vector{Id("c"), Id("b")}));
  EXPECT_EQ(Search({.service = "back"}, 1), (std::vector{Id("c")}));
  EXPECT_EQ(Search({.service = "front", .operation = "store"}, 20), std::vector<TraceId>());

  const auto found = Collect<model::SpanColumnsPtr>(
      *service_, SearchPlan({.condition = ConditionOf({.service = "back"}), .limit = 1}), {});
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->front()->span_count(), 2u) << "also those that do not match";
}

TEST_P(QueryServiceSuite, ListsAreInOrderAndWithoutRepeats) {
  const auto services = Collect<std::string>(*service_, ServicesPlan(), {});
  ASSERT_TRUE(services.has_value());
  EXPECT_EQ(*services, (std::vector<std::string>{"back", "front"}));

  const auto operations = Collect<Operation>(*service_, OperationsPlan("back"), {});
  ASSERT_TRUE(operations.has_value());
  ASSERT_EQ(operations->size(), 2u);
  EXPECT_EQ((*operations)[0].name, model::OperationName("")) << "as it is shown";
  EXPECT_EQ((*operations)[1].name, "store");
  EXPECT_TRUE(Collect<Operation>(*service_, OperationsPlan("nobody"), {})->empty());
}

TEST_P(QueryServiceSuite, WhatASinkSaysEndsTheRun) {
  class Full final : public Sink {
   public:
    Status Take(Row) override {
      ++taken_count;
      return base::Unavailable("full");
    }
    int taken_count = 0;
  };
  for (const Plan& plan : {ServicesPlan(), OperationsPlan("back"), SearchPlan({.limit = 20}),
                           TracesPlan({Id("a"), Id("b")}), TracesPlan({Id("e"), Id("f")})}) {
    Full sink;

    const Status status = service_->Run(plan, {}, sink);

    ASSERT_FALSE(status.has_value());
    EXPECT_EQ(status.error().message, "full");
    EXPECT_EQ(sink.taken_count, 1);
  }
}

TEST_P(QueryServiceSuite, RefusesWhatCannotBeRun) {
  ListSink<std::string> sink;
  const Plan without_input{.op = JoinFragments{}};
  const Plan without_pattern =
      SearchPlan({.condition = expr::Matches(expr::Of(expr::Field::kName), nullptr)});
  for (const Plan& plan : {without_input, without_pattern}) {
    const Status status = service_->Run(plan, {}, sink);
    ASSERT_FALSE(status.has_value());
    EXPECT_EQ(status.error().code, Code::kInvalidArgument);
  }
}

TEST_P(QueryServiceSuite, EndsWhenItsClientLeaves) {
  std::stop_source stop;
  stop.request_stop();
  for (const Plan& plan : {ServicesPlan(), SearchPlan({.limit = 20}), TracesPlan({Id("a")})}) {
    ListSink<std::string> sink;
    const Status status = service_->Run(plan, {.stop = stop.get_token()}, sink);
    ASSERT_FALSE(status.has_value());
    EXPECT_EQ(status.error().code, Code::kCancelled);
  }
}

TEST_P(QueryServiceSuite, TracesHaveMemoryOfTheirOwn) {
  auto found = Collect<model::SpanColumnsPtr>(*service_, SearchPlan({.limit = 20}), {});
  ASSERT_TRUE(found.has_value());
  ASSERT_EQ(found->size(), 3u);
  found->erase(found->begin(), found->begin() + 2);

  EXPECT_EQ(found->front()->names[0], "load");
}

}  // namespace clew::query

#include "workload/generator.h"

#include <gtest/gtest.h>

#include <numeric>
#include <unordered_set>

namespace clew::workload {
namespace {

/// Makes at least `span_count` spans and everything that waits then.
std::vector<GeneratedRequest> MakeAll(Generator& generator, std::size_t span_count) {
  std::vector<GeneratedRequest> requests;
  for (std::size_t made = 0; made < span_count; made += requests.back().span_count) {
    requests.push_back(generator.Next());
  }
  while (auto request = generator.Drain()) {
    requests.push_back(std::move(*request));
  }
  return requests;
}

TEST(Generator, EqualSeedsGiveEqualBytes) {
  Generator one({.seed = 7});
  Generator other({.seed = 7});

  const auto first = MakeAll(one, 20'000);
  const auto second = MakeAll(other, 20'000);

  ASSERT_EQ(first.size(), second.size());
  for (std::size_t i = 0; i < first.size(); ++i) {
    EXPECT_EQ(first[i].body, second[i].body) << "request " << i;
  }
}

TEST(Generator, AnotherSeedGivesOtherTraces) {
  Generator one({.seed = 1});
  Generator other({.seed = 2});

  EXPECT_NE(one.TraceIdAt(0), other.TraceIdAt(0));
  EXPECT_NE(one.Next().body, other.Next().body);
}

TEST(Generator, SpansHaveTheSizeOfTheFactSheet) {
  Generator generator({.seed = 3});

  MakeAll(generator, 100'000);

  const WorkloadFacts& facts = generator.facts();
  const auto spans = static_cast<double>(facts.span_count);
  EXPECT_NEAR(static_cast<double>(facts.request_bytes) / spans, 1083, 60);
  EXPECT_NEAR(static_cast<double>(facts.attribute_count) / spans, 25, 1);
  EXPECT_NEAR(spans / static_cast<double>(facts.trace_count), 12, 1);
}

TEST(Generator, FactsCountWhatWasGivenOut) {
  Generator generator({.seed = 4, .remember_every = 100});

  const auto requests = MakeAll(generator, 30'000);

  std::size_t spans = 0;
  std::size_t bytes = 0;
  for (const GeneratedRequest& request : requests) {
    spans += request.span_count;
    bytes += request.body.size();
  }
  const WorkloadFacts& facts = generator.facts();
  EXPECT_EQ(spans, facts.span_count);
  EXPECT_EQ(bytes, facts.request_bytes);
  EXPECT_EQ(std::accumulate(facts.spans_by_service.begin(), facts.spans_by_service.end(),
                            std::uint64_t{0}),
            facts.span_count);
  ASSERT_EQ(facts.remembered.size(), (facts.trace_count + 99) / 100);
  EXPECT_EQ(facts.remembered[1].id, generator.TraceIdAt(100));
}

TEST(Generator, RequestsHoldAboutTheSpansAskedFor) {
  Generator generator({.spans_per_request = 1'000, .spans_per_resource = 50});

  for (int i = 0; i < 20; ++i) {
    const GeneratedRequest request = generator.Next();
    EXPECT_GE(request.span_count, 1'000u);
    EXPECT_LT(request.span_count, 1'050u);
  }
}

TEST(Generator, TraceIdsDiffer) {
  const Generator generator({.seed = 5});
  std::unordered_set<TraceId> ids;

  for (std::uint64_t index = 0; index < 100'000; ++index) {
    ids.insert(generator.TraceIdAt(index));
  }

  EXPECT_EQ(ids.size(), 100'000u);
}

}  // namespace
}  // namespace clew::workload

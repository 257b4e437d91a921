#include "traceql/metrics/exemplars.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace clew::traceql::metrics {
namespace {

TraceId IdOf(std::size_t number) {
  TraceId id;
  id.bytes[14] = static_cast<std::uint8_t>(number >> 8);
  id.bytes[15] = static_cast<std::uint8_t>(number);
  return id;
}

struct Offered {
  std::uint32_t bucket;
  Exemplar exemplar;
};

std::vector<Offered> Many(std::size_t count) {
  std::mt19937_64 random(1);
  std::vector<Offered> offered;
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint64_t trace = random() % 40;
    offered.push_back({.bucket = static_cast<std::uint32_t>(random() % 20),
                       .exemplar = {.trace_id = IdOf(trace),
                                    .time = static_cast<UnixNanos>(random() % 5),
                                    .value = static_cast<double>(random() % 3),
                                    .group = 0,
                                    .labels = {{"x", {std::string(1, 'a')}}}}});
  }
  return offered;
}

std::vector<std::string> Chosen(const Exemplars& exemplars) {
  std::vector<std::string> texts;
  for (const ChosenExemplar& chosen : exemplars.Choose()) {
    texts.push_back(std::to_string(chosen.bucket) + ' ' + chosen.exemplar->trace_id.ToHex() + ' ' +
                    std::to_string(chosen.exemplar->time) + ' ' +
                    std::to_string(chosen.exemplar->value));
  }
  return texts;
}

TEST(Exemplars, AreTheSameWhoeverComesFirst) {
  std::vector<Offered> offered = Many(2'000);
  std::mt19937_64 random(2);
  std::vector<std::string> first;
  for (int round = 0; round < 10; ++round) {
    Meter meter(1 << 20);
    Exemplars whole(20, 100, &meter);
    Exemplars part(20, 100, &meter);
    std::ranges::shuffle(offered, random);
    for (const auto& [bucket, exemplar] : offered) {
      Exemplars& mine = random() % 2 == 0 ? whole : part;
      if (mine.Wants(bucket, exemplar.trace_id)) {
        ASSERT_TRUE(mine.Add(bucket, exemplar).has_value());
      }
    }
    const std::vector<Group> groups = {0};
    ASSERT_TRUE(whole.Merge(part, groups).has_value());
    if (round == 0) first = Chosen(whole);
    EXPECT_EQ(Chosen(whole), first);
  }
  EXPECT_GT(first.size(), 10);
}

TEST(Exemplars, AreAtMostTwoOfABucketAndOneOfATrace) {
  Meter meter(1 << 20);
  Exemplars exemplars(20, 100, &meter);
  for (const auto& [bucket, exemplar] : Many(2'000)) {
    ASSERT_TRUE(exemplars.Add(bucket, exemplar).has_value());
  }
  std::set<TraceId> traces;
  std::vector<int> of_bucket(20);
  for (const ChosenExemplar& chosen : exemplars.Choose()) {
    EXPECT_TRUE(traces.insert(chosen.exemplar->trace_id).second);
    EXPECT_LE(++of_bucket[chosen.bucket], 2);
  }
}

TEST(Exemplars, AreSpreadWhenThereAreTooMany) {
  Meter meter(1 << 20);
  Exemplars exemplars(100, 4, &meter);
  for (std::uint32_t i = 0; i < 200; ++i) {
    ASSERT_TRUE(exemplars.Add(i / 2, {.trace_id = IdOf(i + 1)}).has_value());
  }
  std::vector<std::uint32_t> buckets;
  for (const ChosenExemplar& chosen : exemplars.Choose()) buckets.push_back(chosen.bucket);
  EXPECT_EQ(buckets, (std::vector<std::uint32_t>{0, 25, 50, 75}));
}

TEST(Exemplars, GiveBackTheMemoryOfWhatTheyPutAway) {
  Meter meter(1 << 20);
  Exemplars exemplars(1, 10, &meter);
  for (std::size_t i = 0; i < 1'000; ++i) {
    ASSERT_TRUE(exemplars.Add(0, {.trace_id = IdOf(i)}).has_value());
  }
  EXPECT_EQ(meter.bytes(), 2 * sizeof(Exemplar));
  Meter small(sizeof(Exemplar));
  Exemplars few(2, 10, &small);
  ASSERT_TRUE(few.Add(0, {.trace_id = IdOf(1)}).has_value());
  EXPECT_EQ(few.Add(1, {.trace_id = IdOf(2)}).error().code, Code::kResourceExhausted);
}

TEST(Exemplars, WithoutABudgetThereAreNone) {
  Meter meter(1 << 20);
  Exemplars exemplars(10, 0, &meter);
  EXPECT_FALSE(exemplars.Wants(0, IdOf(1)));
  ASSERT_TRUE(exemplars.Add(0, {.trace_id = IdOf(1)}).has_value());
  EXPECT_TRUE(exemplars.Choose().empty());
}

}  // namespace
}  // namespace clew::traceql::metrics

#include "query/known_repeats.h"

#include <gtest/gtest.h>

#include <memory>
#include <utility>
#include <vector>

namespace clew::query {
namespace {

// KeptSources are told apart by their addresses alone, and are asked nothing.
class KeptSources {
 public:
  const scan::SpanSourcePtr& operator[](std::size_t i) const { return all_[i]; }
  explicit KeptSources(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      const auto place = std::make_shared<int>();
      all_.emplace_back(place, reinterpret_cast<const scan::SpanSource*>(place.get()));
    }
  }

 private:
  std::vector<scan::SpanSourcePtr> all_;
};

TraceIdsPtr NumberedIds(std::size_t count) {
  std::vector<TraceId> ids(count);
  for (std::size_t i = 0; i < count; ++i) {
    for (std::size_t k = 0; k < 4; ++k) {
      ids[i].bytes[15 - k] = static_cast<std::uint8_t>((i + 1) >> (8 * k));
    }
  }
  return std::make_shared<const std::vector<TraceId>>(std::move(ids));
}

RepeatedTraces Repeated(std::vector<TraceIdsPtr> of_sources) {
  const std::vector<TraceIdsPtr> spread(of_sources.size(), NumberedIds(0));
  return {.of_sources = std::move(of_sources), .spread = spread};
}

TEST(KnownRepeats, OfASetThatHasMostOfThemTheOthersAreNew) {
  const KeptSources sources(4);
  KnownRepeats known;
  EXPECT_FALSE(known.Among(std::vector{sources[0]}).has_value());
  known.KeepAmong(std::vector{sources[0], sources[1], sources[2]},
                  Repeated({NumberedIds(1), NumberedIds(2), NumberedIds(3)}));
  known.KeepAmong(std::vector{sources[3]}, Repeated({NumberedIds(4)}));

  const auto found = known.Among(std::vector{sources[2], sources[3], sources[0]});

  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->of_sources[0]->size(), 3u);
  EXPECT_EQ(found->of_sources[1], nullptr);
  EXPECT_EQ(found->of_sources[2]->size(), 1u);
}

TEST(KnownRepeats, NothingIsKnownOfASourceThatIsGone) {
  auto source = std::make_unique<KeptSources>(1);
  const scan::SpanSource* const address = (*source)[0].get();
  KnownRepeats known;
  known.KeepWithin((*source)[0], NumberedIds(2));
  known.KeepAmong(std::vector{(*source)[0]}, Repeated({NumberedIds(2)}));
  ASSERT_NE(known.Within((*source)[0]), nullptr);
  source.reset();

  const auto other = std::make_shared<int>();
  const scan::SpanSourcePtr there(other, address);
  EXPECT_EQ(known.Within(there), nullptr);
  EXPECT_FALSE(known.Among(std::vector{there}).has_value());
}

TEST(KnownRepeats, TakesNoMoreThanItMay) {
  constexpr std::uint64_t kMost = std::uint64_t{64} << 20;
  constexpr std::size_t kMany = 100'000;
  const KeptSources sources(60);
  const TraceIdsPtr many = NumberedIds(kMany);
  KnownRepeats known;
  for (std::size_t i = 0; i < 60; ++i) {
    known.KeepWithin(sources[i], many);
    // The same again is not more.
    known.KeepWithin(sources[i], many);
  }
  EXPECT_LE(known.memory_bytes(), kMost);
  EXPECT_GT(known.memory_bytes(), kMost - 2 * kMany * sizeof(TraceId));
  EXPECT_EQ(known.Within(sources[59]), nullptr);

  std::vector<scan::SpanSourcePtr> set;
  for (std::size_t i = 0; i < 30; ++i) set.push_back(sources[i]);
  known.KeepAmong(set, Repeated(std::vector<TraceIdsPtr>(30, many)));
  for (scan::SpanSourcePtr& source : set) {
    source = sources[30 + static_cast<std::size_t>(&source - set.data())];
  }
  known.KeepAmong(set, Repeated(std::vector<TraceIdsPtr>(30, many)));
  EXPECT_LE(known.memory_bytes(), 2 * kMost);
  EXPECT_TRUE(known.Among(set).has_value());
  EXPECT_FALSE(known.Among(std::vector{sources[0]}).has_value());
}

}  // namespace
}  // namespace clew::query

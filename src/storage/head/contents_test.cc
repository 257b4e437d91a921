#include "storage/head/contents.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <iterator>
#include <memory>
#include <thread>
#include <vector>

#include "scan/batch_source.h"
#include "wire/otlp/decode.h"
#include "wire/otlp/testing/sample_request.h"

namespace clew::storage {
namespace {

scan::SpanSourcePtr MakeSource() {
  namespace samples = wire::otlp::testing;
  wire::otlp::DecodeCounts counts;
  const std::string span = samples::SpanMessage(std::string(16, 't'), std::string(8, 's'), "work");
  return std::make_shared<scan::BatchSource>(
      wire::otlp::DecodeRequest({Bytes(samples::Request({span}))}, {}, counts).value());
}

using Sources = std::vector<scan::SpanSourcePtr>;

Sources HeadOf(const Snapshot& snapshot) {
  Sources sources;
  snapshot.AddHead(sources);
  return sources;
}

TEST(Contents, ASnapshotStaysAsItWas) {
  Contents contents;
  const Snapshot nothing = contents.Take();
  Sources added;
  std::vector<Snapshot> snapshots;
  for (int i = 0; i < 100; ++i) {
    added.push_back(MakeSource());
    contents.Append(added.back());
    snapshots.push_back(contents.Take());
  }
  const auto sealed = std::make_shared<const Sources>(Sources{MakeSource()});
  contents.Exchange({.fresh = std::make_shared<const Sources>(added.begin() + 60, added.end()),
                     .sealed = sealed});
  const scan::SpanSourcePtr later = MakeSource();
  contents.Append(later);

  EXPECT_TRUE(HeadOf(nothing).empty());
  for (std::ptrdiff_t i = 0; i < std::ssize(snapshots); ++i) {
    EXPECT_EQ(HeadOf(snapshots[static_cast<std::size_t>(i)]),
              Sources(added.begin(), added.begin() + i + 1))
        << i;
  }
  Sources now(added.begin() + 60, added.end());
  now.push_back(later);
  now.push_back(sealed->front());
  EXPECT_EQ(HeadOf(contents.Take()), now);
}

TEST(Contents, WhatIsSealedIsHeldByNobodyElse) {
  Contents contents;
  std::vector<std::weak_ptr<const scan::SpanSource>> added;
  for (int i = 0; i < 10; ++i) {
    const scan::SpanSourcePtr source = MakeSource();
    added.push_back(source);
    contents.Append(source);
  }
  contents.Exchange({.fresh = std::make_shared<const Sources>(Sources{added.back().lock()})});

  for (std::size_t i = 0; i + 1 < added.size(); ++i) EXPECT_TRUE(added[i].expired()) << i;
  EXPECT_FALSE(added.back().expired());
}

TEST(Contents, WhoeverTakesOneSeesAllThatWasAddedBefore) {
  Contents contents;
  const scan::SpanSourcePtr source = MakeSource();
  constexpr std::size_t kCount = 20'000;
  std::atomic<std::size_t> added = 0;
  std::jthread adder([&] {
    for (std::size_t i = 0; i < kCount; ++i) {
      contents.Append(source);
      added = i + 1;
    }
  });
  while (added < kCount) {
    const std::size_t before = added;
    EXPECT_GE(HeadOf(contents.Take()).size(), before);
  }
  EXPECT_EQ(HeadOf(contents.Take()).size(), kCount);
}

TEST(Contents, NothingIsLostWhenSeveralChangeListsAtOnce) {
  constexpr int kThreads = 4;
  constexpr int kEach = 200;
  Contents contents;
  std::vector<std::jthread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&] {
      for (int i = 0; i < kEach; ++i) {
        contents.Append(MakeSource());
        const auto part = std::make_shared<const WaitingPart>();
        contents.Exchange({.waiting = [&](WaitingParts& parts) { parts.push_back(part); }});
      }
    });
  }
  threads.clear();

  EXPECT_EQ(contents.Take().waiting().size(), std::size_t{kThreads * kEach});
  EXPECT_EQ(HeadOf(contents.Take()).size(), std::size_t{kThreads * kEach});
}

}  // namespace
}  // namespace clew::storage

#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <memory>
#include <string>

#include "base/worker_pool.h"
#include "query/query_context.h"
#include "query/store_query.h"
#include "query/testing/random_store.h"
#include "traceql/evaluate/testing/case_count.h"
#include "traceql/evaluate/testing/dice.h"

namespace clew::query::testing {

/// A random question to a random store: what makes it is its number. Neighbours ask one store.
class RandomCase {
 public:
  using Dice = traceql::evaluate::testing::Dice;

  std::uint64_t number = 0;
  /// For the query.
  Dice dice{0};
  RandomStore* store = nullptr;
  StoreQuery* service = nullptr;
  /// A pass may be off, and threads may help.
  QueryContext context{};

  /// For the failures of tests: how to run it once more, and how it was run.
  std::string Name() const {
    std::string text = fmt::format("script/compare 1 {} runs it again, alone", number);
    for (const PassInfo& pass : kPasses) {
      if (!context.passes.Has(pass.pass)) text += fmt::format(", without {}", pass.name);
    }
    return text + (context.helpers == nullptr ? "" : ", with threads that help");
  }
};

/// From FirstCase() on.
class RandomCases {
 public:
  /// Those of searches and of metrics are 2000 together.
  static std::uint64_t Count() { return traceql::evaluate::testing::CaseCount(1000); }

  /// Calls ask(RandomCase&) for each until `has_failed` says that one was answered wrongly.
  template <typename HasFailed, typename Ask>
  void ForEach(const HasFailed& has_failed, const Ask& ask) {
    const std::uint64_t first = traceql::evaluate::testing::FirstCase();
    for (std::uint64_t i = 0; i < Count(); ++i) {
      if (has_failed()) return;
      RandomCase each = Make(first + i);
      ask(each);
    }
  }

 private:
  static constexpr std::uint64_t kCasesOfStore = 20;
  static constexpr std::size_t kTracesOfStore = 3;

  RandomCase Make(std::uint64_t number) {
    const std::uint64_t of_store = number / kCasesOfStore;
    if (store_ == nullptr || of_store != of_store_) {
      of_store_ = of_store;
      RandomCase::Dice dice(2 * of_store);
      service_.reset();
      const bool has_odd_values = !dice.OneIn(3);
      store_ = std::make_unique<RandomStore>(&dice, kTracesOfStore, has_odd_values);
      service_ = std::make_unique<StoreQuery>(store_->storage());
    }
    RandomCase made{.number = number,
                    .dice = RandomCase::Dice(2 * number + 1),
                    .store = store_.get(),
                    .service = service_.get()};
    if (made.dice.OneIn(2)) made.context.helpers = &helpers_;
    if (made.dice.OneIn(2)) {
      const PassInfo& off = kPasses[made.dice.Below(kPasses.size())];
      made.context.passes = PassSet().Without(off.pass);
    }
    return made;
  }

  base::WorkerPool helpers_{"test", 2, 16};
  std::uint64_t of_store_ = 0;
  std::unique_ptr<RandomStore> store_;
  std::unique_ptr<StoreQuery> service_;
};

}  // namespace clew::query::testing

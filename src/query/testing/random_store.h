#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "model/trace_data.h"
#include "storage/testing/test_store.h"
#include "traceql/evaluate/testing/dice.h"

namespace clew::query::testing {

/// Random traces (traceql::evaluate::testing::RandomTrace) in a store, and what they are as rows.
///
/// They lie in the head, in blocks of small row groups, or in both; some in one place, others with
/// their spans here and there, some of them twice, or once more without an end. A trace begins near
/// a whole millisecond below kEnd, some at the same time as others.
class RandomStore {
 public:
  using Dice = traceql::evaluate::testing::Dice;

  /// The starts of all spans lie between this and 0, neither included.
  static constexpr UnixNanos kEnd = 20'000'000;

  /// `dice` are asked here only. At most 255 traces, with `has_odd_values` as RandomTrace.
  RandomStore(Dice* dice, std::size_t trace_count, bool has_odd_values);

  storage::Storage& storage() { return store_.storage(); }

  /// By id, each whole: every span once, by start, then id, kind and name, in which no two are the
  /// same.
  const std::vector<model::TraceData>& traces() const { return traces_; }

  /// A trace with several roots may lie in several places.
  bool has_spread_roots() const { return has_spread_roots_; }

 private:
  void AddTrace(std::size_t number, bool has_odd_values);
  void Spread(const model::TraceData& trace);
  void PutIn(std::size_t place, const model::TraceData& trace, const model::Span& span);

  Dice& dice_;
  std::vector<model::TraceData> pieces_;
  std::vector<model::TraceData> traces_;
  bool has_spread_roots_ = false;
  storage::testing::TestStore store_;
};

/// For the failures of tests: every span of a trace, with all that is in it.
std::string DescribeTrace(const model::TraceData& trace);

}  // namespace clew::query::testing

#pragma once

#include <cstdint>
#include <unordered_set>

#include "traceql/evaluate/value.h"
#include "traceql/query.h"

namespace clew::traceql::evaluate {

/// A number made of the values of many spans. What is no number is passed over.
class Accumulator {
 public:
  explicit Accumulator(Aggregate::Kind kind) : kind_(kind) {}

  void Add(const Value& value);
  /// min, max and sum are of the type of the values: whole as long as all are and the sum fits, a
  /// duration when all are durations, else a float. avg is a float, of durations a duration, whole
  /// nanoseconds. Nothing when no value was added. count is how many different ones were, of any
  /// type.
  Value Take() const;

 private:
  /// Holds the sum of as many whole numbers as there can be.
  __extension__ using Wide = __int128;

  const Aggregate::Kind kind_;
  std::uint64_t count_ = 0;
  /// Of all values while they are of one type; else kFloat.
  Value::Kind type_ = Value::Kind::kNil;
  Wide whole_sum_ = 0;
  double real_sum_ = 0;
  Value extreme_;
  std::unordered_set<Value, HashOfValue, SameValue> distinct_;
};

}  // namespace clew::traceql::evaluate

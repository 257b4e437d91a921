#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "traceql/query.h"

namespace clew::traceql {

/// Queries of every shape that the grammar has, the same ones for the same seed. Their types need
/// not be right.
class RandomQuery {
 public:
  explicit RandomQuery(std::uint64_t seed) : random_(seed) {}
  Query Next();

 private:
  std::size_t Below(std::size_t end) { return random_() % end; }
  bool Chance(std::size_t of) { return Below(of) == 0; }
  template <typename Choices>
  auto OneOf(const Choices& choices) {
    return choices[Below(std::size(choices))];
  }

  std::string Name();
  Static Number(bool is_duration_too);
  Static Value();
  Attribute AnyAttribute();
  std::vector<Attribute> Attributes();
  FieldExpression Field(int depth);
  SpansetExpression Filter();
  SpansetExpression Spansets(int depth);
  ScalarExpression Scalar(int depth);
  Stage AnyStage(int depth, bool is_first);
  Pipeline Stages(int depth);
  MetricsFunction Function();
  std::vector<SecondStage> SecondStages();
  MetricsExpression Series(int depth);

  std::mt19937_64 random_;
};

}  // namespace clew::traceql

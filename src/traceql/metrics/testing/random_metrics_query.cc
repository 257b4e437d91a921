#include "traceql/metrics/testing/random_metrics_query.h"

#include <fmt/format.h>

#include "traceql/evaluate/testing/random_query.h"

namespace clew::traceql::metrics::testing {
namespace {

using evaluate::testing::Dice;
using evaluate::testing::RandomField;
using evaluate::testing::RandomFilter;
using evaluate::testing::RandomNumberField;

std::string Filter(Dice* dice) { return dice->OneIn(3) ? "{ }" : "{ " + RandomFilter(dice) + " }"; }

/// Mostly what columns tell of, as far as its filters do.
std::string Spans(Dice* dice) {
  if (dice->OneIn(3)) return evaluate::testing::RandomQuery(dice);
  std::string text = Filter(dice);
  if (dice->OneIn(5)) text += " | select(" + RandomField(dice) + ")";
  if (dice->OneIn(5)) text += " | " + Filter(dice);
  return text;
}

std::string ByLabels(Dice* dice) {
  if (dice->OneIn(3)) return "";
  std::string text = " by (" + RandomField(dice);
  for (std::size_t more = dice->Below(3); more > 0; --more) text += ", " + RandomField(dice);
  return text + ")";
}

std::string Function(Dice* dice) {
  if (dice->OneIn(2)) return dice->OneOf({"rate()", "count_over_time()"}) + ByLabels(dice);
  return dice->OneOf({"min", "max", "avg", "sum", "histogram"}) + "_over_time(" +
         RandomNumberField(dice) + ")" + ByLabels(dice);
}

std::string Quantiles(Dice* dice) {
  std::string text = "quantile_over_time(" + RandomNumberField(dice);
  for (std::size_t more = 1 + dice->Below(2); more > 0; --more) {
    text += ", " + dice->OneOf({"0", "0.25", "0.5", "0.9", "1"});
  }
  return text + ")" + ByLabels(dice);
}

std::string Comparison(Dice* dice) {
  std::string text = "compare(" + Filter(dice);
  if (dice->OneIn(2))
    text += dice->OneOf({", 1", ", 2", ", 3", ", 1000"});
  else if (dice->OneIn(3))
    text += ", 2, 4000000, " + dice->OneOf({"9000000", "15000000"});
  return text + ")";
}

std::string SecondStages(Dice* dice) {
  std::string text;
  while (dice->OneIn(5)) {
    text += dice->OneIn(2) ? dice->OneOf({" | topk(1)", " | topk(2)", " | bottomk(2)"})
                           : dice->OneOf({" > ", " >= ", " < ", " <= ", " = ", " != "}) +
                                 dice->OneOf({"1", "2", "0.5", "200", "1s", "2ns"});
  }
  return text;
}

std::string Series(Dice* dice, int depth) {
  if (depth == 0 || dice->OneIn(2)) {
    return "(" + Spans(dice) + " | " + Function(dice) + SecondStages(dice) + ")";
  }
  const std::string op = dice->OneOf({" + ", " - ", " * ", " / "});
  const std::string left = Series(dice, depth - 1);
  const std::string number = dice->OneOf({"2", "0.5", "0", "-1"});
  if (dice->OneIn(4)) return "(" + left + op + number + ")";
  if (dice->OneIn(4)) return "(" + number + op + left + ")";
  return "(" + left + op + Series(dice, depth - 1) + SecondStages(dice) + ")";
}

}  // namespace

std::string RandomMetricsQuery(Dice* dice) {
  std::string text;
  switch (dice->Below(8)) {
    case 0:
      text = Series(dice, 2);
      break;
    case 1:
      text = Spans(dice) + " | " + Quantiles(dice);
      break;
    case 2:
      text = Spans(dice) + " | " + Comparison(dice);
      break;
    default:
      text = Spans(dice) + " | " + Function(dice) + SecondStages(dice);
  }
  if (dice->OneIn(4)) return text + " with(extrapolate=true)";
  return dice->OneIn(6) ? text + " with(semantic_conventions=false)" : text;
}

}  // namespace clew::traceql::metrics::testing

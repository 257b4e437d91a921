#include "pipeline/delivery.h"

#include <gtest/gtest.h>

#include <optional>

namespace clew::pipeline {
namespace {

DeliveryTokenPtr Watch(std::optional<DeliveryOutcome>& outcome) {
  return std::make_shared<DeliveryToken>([&outcome](DeliveryOutcome what) { outcome = what; });
}

TEST(DeliveryToken, SpeaksWhenTheLastCopyIsReleased) {
  std::optional<DeliveryOutcome> outcome;
  DeliveryTokenPtr first = Watch(outcome);
  DeliveryTokenPtr second = first;

  first.reset();
  EXPECT_FALSE(outcome.has_value());
  second.reset();

  EXPECT_EQ(outcome, DeliveryOutcome::kHandled);
}

TEST(DeliveryToken, OneAbandonedCopyIsEnough) {
  std::optional<DeliveryOutcome> outcome;
  DeliveryTokenPtr first = Watch(outcome);
  DeliveryTokenPtr second = first;

  second->Abandon();
  second.reset();
  first.reset();

  EXPECT_EQ(outcome, DeliveryOutcome::kAbandoned);
}

TEST(DeliveryToken, MergedTokensHoldAndAbandonEveryPart) {
  std::optional<DeliveryOutcome> a;
  std::optional<DeliveryOutcome> b;
  DeliveryTokenPtr merged = DeliveryToken::Merge({Watch(a), nullptr, Watch(b)});
  EXPECT_FALSE(a.has_value());

  merged->Abandon();
  merged.reset();

  EXPECT_EQ(a, DeliveryOutcome::kAbandoned);
  EXPECT_EQ(b, DeliveryOutcome::kAbandoned);
}

TEST(DeliveryToken, MergeOfNothingIsNull) {
  EXPECT_EQ(DeliveryToken::Merge({}), nullptr);
  EXPECT_EQ(DeliveryToken::Merge({nullptr, nullptr}), nullptr);
}

}  // namespace
}  // namespace clew::pipeline

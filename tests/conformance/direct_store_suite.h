#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <functional>
#include <memory>

#include "pipeline/component.h"
#include "pipeline/follower/direct_store.h"
#include "wire/otlp/codec.h"
#include "wire/otlp/encode.h"

namespace clew::pipeline {

/// A store that runs, as the suite looks at it.
struct DirectStoreUnderTest {
  /// Of the exporter that the store is.
  std::function<Exporter&()> exporter;
  /// How many spans are found in it.
  std::function<std::size_t()> found_span_count;
  /// From now on it refuses with UNAVAILABLE.
  std::function<void()> refuse;
};

/// What every DirectStore must do. An implementation runs it with
///   INSTANTIATE_TEST_SUITE_P(Store, DirectStoreSuite, ::testing::Values(DirectStoreMaker([]
///   {…})));
/// where the maker gives an empty one, and what it needs to live as long.
using DirectStoreMaker = std::function<std::shared_ptr<DirectStoreUnderTest>()>;

class DirectStoreSuite : public ::testing::TestWithParam<DirectStoreMaker> {
 protected:
  model::BatchPtr Batch(std::size_t span_count) {
    model::TraceData data;
    data.resources.emplace_back();
    data.scopes.emplace_back();
    for (std::size_t i = 0; i < span_count; ++i) {
      model::Span span;
      span.trace_id = *TraceId::FromHex("a");
      span.span_id.bytes[7] = static_cast<std::uint8_t>(i + 1);
      data.spans.push_back(span);
    }
    return model::Batch::FromWire({Bytes(wire::otlp::EncodeRequest(data))}, span_count, codec_);
  }
  DirectStore& store() { return dynamic_cast<DirectStore&>(under_test_->exporter()); }
  Result<std::unique_ptr<DirectStore::Admission>> Admit(std::size_t span_count) {
    return store().Admit(Batch(span_count), {});
  }

  const wire::otlp::OtlpCodec codec_{wire::otlp::kNothingCut};
  const std::shared_ptr<DirectStoreUnderTest> under_test_ = GetParam()();
};

TEST_P(DirectStoreSuite, WhatIsTakenIsFoundAtOnce) {
  auto admission = Admit(3);
  ASSERT_TRUE(admission.has_value());
  EXPECT_EQ(under_test_->found_span_count(), 0u) << "it is not in the log yet";

  (*admission)->Take({.begin = {10}, .end = {20}});

  EXPECT_EQ(under_test_->found_span_count(), 3u);
}

TEST_P(DirectStoreSuite, WhatTheLogRefusedIsNotFound) {
  {
    ASSERT_TRUE(Admit(3).has_value());
  }
  auto admission = Admit(2);
  ASSERT_TRUE(admission.has_value());

  (*admission)->Take({.begin = {10}, .end = {20}});

  EXPECT_EQ(under_test_->found_span_count(), 2u);
}

TEST_P(DirectStoreSuite, AdmissionsMayBeTakenInAnyOrder) {
  auto first = Admit(1);
  auto second = Admit(2);
  ASSERT_TRUE(first.has_value() && second.has_value());

  (*second)->Take({.begin = {10}, .end = {20}});
  EXPECT_EQ(under_test_->found_span_count(), 2u);
  (*first)->Take({.begin = {20}, .end = {30}});

  EXPECT_EQ(under_test_->found_span_count(), 3u);
}

TEST_P(DirectStoreSuite, WhatIsConsumedIsFoundAtOnce) {
  const auto receipt = under_test_->exporter().Consume(Batch(3), {}).Wait();

  EXPECT_TRUE(receipt.has_value());
  EXPECT_EQ(under_test_->found_span_count(), 3u);
}

TEST_P(DirectStoreSuite, WhoAdmittedTakesWhateverComesThen) {
  auto admission = Admit(3);
  ASSERT_TRUE(admission.has_value());

  under_test_->refuse();
  (*admission)->Take({.begin = {10}, .end = {20}});

  EXPECT_EQ(under_test_->found_span_count(), 3u);
}

TEST_P(DirectStoreSuite, RefusesBeforeTheLogHasIt) {
  under_test_->refuse();

  const auto admission = Admit(3);
  ASSERT_FALSE(admission.has_value());
  EXPECT_EQ(admission.error().code, Code::kUnavailable);
  const auto receipt = under_test_->exporter().Consume(Batch(3), {}).Wait();
  ASSERT_FALSE(receipt.has_value());
  EXPECT_EQ(receipt.error().code, Code::kUnavailable);
  EXPECT_EQ(under_test_->found_span_count(), 0u);
}

}  // namespace clew::pipeline

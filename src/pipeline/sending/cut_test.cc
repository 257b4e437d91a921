#include "pipeline/sending/cut.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "wire/otlp/codec.h"
#include "wire/otlp/json.h"

namespace clew::pipeline::sending {
namespace {

/// Log records with a body each, of one resource.
model::BatchPtr Records(std::size_t count, std::size_t body_size, std::size_t resource_size) {
  std::string json = R"({"resourceLogs":[{"resource":{"attributes":[{"key":")" +
                     std::string(resource_size, 'r') + R"("}]},"scopeLogs":[{"logRecords":[)";
  for (std::size_t i = 0; i < count; ++i) {
    json += (i == 0 ? R"({"body":{"stringValue":")" : R"(,{"body":{"stringValue":")") +
            std::string(body_size, 'b') + R"("}})";
  }
  const std::string request =
      wire::otlp::RequestFromJson(model::Signal::kLogs, json + "]}]}]}").value();
  return model::Batch::FromWire({Bytes(request)}, count,
                                wire::otlp::ItemCodecOf(model::Signal::kLogs),
                                model::ReceivedBody{.bytes = Bytes(request)});
}

std::uint64_t SumOf(const std::vector<model::BatchPtr>& parts,
                    std::uint64_t (*measure)(const model::Batch&)) {
  std::uint64_t sum = 0;
  for (const model::BatchPtr& part : parts) sum += measure(*part);
  return sum;
}
std::uint64_t Items(const model::Batch& batch) { return batch.item_count(); }
std::uint64_t ByteSize(const model::Batch& batch) { return batch.byte_size(); }

TEST(CutToSize, WhatFitsStaysTheSameBatch) {
  const model::BatchPtr batch = Records(10, 10, 10);
  for (const char* sizer : {"items", "bytes"}) {
    const auto parts = CutToSize(batch, 1000, sizer).value();
    ASSERT_EQ(parts.size(), 1u) << sizer;
    EXPECT_EQ(parts.front(), batch) << sizer;
  }
}

TEST(CutToSize, ByBytesEachPartIsSmallEnoughAndWellFilled) {
  const model::BatchPtr batch = Records(1000, 90, 10);
  const auto parts = CutToSize(batch, 10'000, "bytes").value();
  for (const model::BatchPtr& part : parts) EXPECT_LE(part->byte_size(), 10'000u);
  EXPECT_EQ(SumOf(parts, Items), 1000u);
  EXPECT_LE(parts.size(), 2 * batch->byte_size() / 10'000);
}

TEST(CutToSize, ALargeResourceIsNotCopiedIntoAThousandParts) {
  const model::BatchPtr batch = Records(1000, 1, 100'000);
  const auto parts = CutToSize(batch, 1'000, "bytes").value();
  EXPECT_GT(parts.size(), 1u);
  EXPECT_EQ(SumOf(parts, Items), 1000u);
  EXPECT_LE(SumOf(parts, ByteSize), 2 * batch->byte_size());
}

TEST(CutToSize, ProfilesGoAsTheyCame) {
  const model::BatchPtr batch = model::Batch::FromWire(
      {Bytes(std::string("three samples"))}, 3, wire::otlp::ItemCodecOf(model::Signal::kProfiles));
  for (const char* sizer : {"items", "bytes"}) {
    EXPECT_EQ(CutToSize(batch, 1, sizer).value(), std::vector{batch}) << sizer;
  }
}

}  // namespace
}  // namespace clew::pipeline::sending

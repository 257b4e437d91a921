#include <gtest/gtest.h>

#include <protozero/pbf_writer.hpp>
#include <string>

#include "base/testing/counted_memory.h"
#include "wire/otlp/json.h"

/// JSON takes no memory but that of its text (twice while it grows) and of messages in parts,
/// counted at the allocator.
namespace clew::wire::otlp {
namespace {

using base::testing::PeakOf;
using protozero::pbf_writer;

constexpr std::size_t kMany = 1 << 20;

std::string Wrapped(protozero::pbf_tag_type number, const std::string& content) {
  std::string message;
  pbf_writer(message).add_message(number, content);
  return message;
}

void ExpectNothingBesideText(model::Signal signal, const std::string& request) {
  std::size_t text_bytes = 0;
  const std::uint64_t peak = PeakOf([&] {
    const auto json = RequestToJson(signal, request);
    text_bytes = json.has_value() ? json->size() : 0;
  });
  EXPECT_GT(text_bytes, 0u);
  EXPECT_LE(peak, 4 * text_bytes + 2 * request.size() + 10'000);
}

TEST(JsonMemory, OfAPackedList) {
  std::string point;
  pbf_writer(point).add_bytes(6, std::string(kMany, '\x01'));  // bucket_counts are fixed64
  ExpectNothingBesideText(model::Signal::kMetrics,
                          Wrapped(1, Wrapped(2, Wrapped(2, Wrapped(9, Wrapped(1, point))))));
}

TEST(JsonMemory, OfNumbersThatAreOverwritten) {
  std::string span;
  pbf_writer writer(span);
  for (std::size_t i = 0; i < kMany; ++i) writer.add_int32(6, 1);
  ExpectNothingBesideText(model::Signal::kTraces, Wrapped(1, Wrapped(2, Wrapped(2, span))));
}

TEST(JsonMemory, OfValuesInTwoPartsWithinEachOther) {
  std::string value;
  pbf_writer(value).add_string(1, std::string(kMany, 'x'));
  for (int depth = 0; depth < 100; ++depth) {
    std::string attribute;
    pbf_writer writer(attribute);
    writer.add_message(2, std::string());
    writer.add_message(2, value);
    value = Wrapped(6, Wrapped(1, attribute));
  }
  ExpectNothingBesideText(model::Signal::kTraces,
                          Wrapped(1, Wrapped(2, Wrapped(2, Wrapped(9, Wrapped(2, value))))));
}

}  // namespace
}  // namespace clew::wire::otlp

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "wire/otlp/decode.h"
#include "wire/otlp/encode.h"
#include "wire/otlp/inspect.h"
#include "wire/otlp/materialize.h"
#include "wire/otlp/testing/describe.h"

// What decodes once is encoded, and decodes again to the same spans.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace clew;
  using namespace clew::wire::otlp;
  const std::string body(reinterpret_cast<const char*>(data), size);
  const auto facts = InspectRequest(body);
  DecodeCounts counts;
  const auto columns = DecodeRequest({Bytes(body)}, DecodeLimits{}, counts);
  if (!columns.has_value()) return 0;
  if (facts.has_value() &&
      (*columns)->span_count() != facts->span_count - facts->rejected_count()) {
    std::abort();
  }
  const auto again = DecodeRequest({Bytes(EncodeRequest(**columns))}, DecodeLimits{}, counts);
  if (!again.has_value()) std::abort();
  const auto before = testing::DescribeSpans(MaterializeSpans(**columns));
  const auto after = testing::DescribeSpans(MaterializeSpans(**again));
  if (before != after) std::abort();
  return 0;
}

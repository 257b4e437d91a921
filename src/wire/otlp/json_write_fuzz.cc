#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "wire/otlp/json.h"

// Any bytes give an error or JSON that reads back, and that is then written as it was.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace clew::wire::otlp;
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  static_cast<void>(TracesToJson(body, JsonDialect::kProtobuf, "batches"));
  const auto json = TracesToJson(body, JsonDialect::kOtlp);
  if (!json.has_value()) return 0;
  const auto protobuf = TracesFromJson(*json);
  if (!protobuf.has_value()) std::abort();
  if (TracesToJson(*protobuf, JsonDialect::kOtlp).value_or("") != *json) std::abort();
  return 0;
}

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "wire/otlp/inspect.h"
#include "wire/otlp/json.h"

// JSON that is taken gives a well-formed request, which written as JSON is taken again.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace clew::wire::otlp;
  const auto protobuf = TracesFromJson(std::string_view(reinterpret_cast<const char*>(data), size));
  if (!protobuf.has_value()) {
    if (protobuf.error().message.empty()) std::abort();
    return 0;
  }
  if (!InspectRequest(*protobuf).has_value()) std::abort();
  const auto json = TracesToJson(*protobuf, JsonDialect::kOtlp);
  if (!json.has_value()) std::abort();
  const auto again = TracesFromJson(*json);
  if (!again.has_value() || again->size() != protobuf->size()) std::abort();
  return 0;
}

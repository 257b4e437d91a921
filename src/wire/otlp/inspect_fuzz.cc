#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "wire/otlp/inspect.h"

// Whatever InspectRequest takes, RemoveRejectedSpans turns into a request of the spans that count.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace clew::wire::otlp;
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  const auto facts = InspectRequest(body);
  if (!facts.has_value()) return 0;
  const auto kept = InspectRequest(RemoveRejectedSpans(body));
  if (!kept.has_value() || kept->rejected_count() != 0) std::abort();
  if (kept->span_count != facts->span_count - facts->rejected_count()) std::abort();
  return 0;
}

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "wire/jaeger/trace_json.h"

// Whatever is taken has spans whose resource and scope are there; whatever is not says why.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view json(reinterpret_cast<const char*>(data), size);
  const auto traces = clew::wire::jaeger::TracesFromJson(json);
  if (!traces.has_value()) {
    if (traces.error().message.empty()) std::abort();
    return 0;
  }
  for (const clew::model::Span& span : traces->spans) {
    if (span.resource >= traces->resources.size()) std::abort();
    if (span.scope >= traces->scopes.size()) std::abort();
  }
  return 0;
}

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "wire/jaeger/trace_json.h"

// Whatever is taken has spans whose resource and scope are there; whatever is not says why.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view json(reinterpret_cast<const char*>(data), size);
  const auto download = clew::wire::jaeger::TracesFromJson(json);
  if (!download.has_value()) {
    if (download.error().message.empty()) std::abort();
    return 0;
  }
  const clew::model::TraceData& traces = download->traces;
  for (const clew::model::Span& span : traces.spans) {
    if (span.resource >= traces.resources.size()) std::abort();
    if (span.scope >= traces.scopes.size()) std::abort();
  }
  return 0;
}

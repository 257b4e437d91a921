#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "wire/otlp/response.h"

// Answers of a foreign server are read or refused; what was read survives being written.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace clew::wire::otlp;
  constexpr clew::model::Signal kSignal = clew::model::Signal::kTraces;
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  for (const auto& partial : {DecodeResponse(body), DecodeResponseJson(kSignal, body)}) {
    if (!partial.has_value()) continue;
    const auto again = DecodeResponse(EncodeResponse(*partial));
    if (!again.has_value() || again->rejected_items != partial->rejected_items) std::abort();
    if (!DecodeResponseJson(kSignal, EncodeResponseJson(kSignal, *partial)).has_value()) {
      std::abort();
    }
  }
  for (const auto& error : {DecodeStatus(body), DecodeStatusJson(body)}) {
    if (!error.has_value()) continue;
    const auto again = DecodeStatusJson(EncodeStatusJson(*error));
    if (!again.has_value() || again->code != error->code) std::abort();
    if (again->retry_after != error->retry_after) std::abort();
    if (!DecodeStatus(EncodeStatus(*error)).has_value()) std::abort();
  }
  return 0;
}

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "wire/tempo/requests.h"

// Whatever bytes come are read, or refused with words; what is read has names and values.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace tempo = clew::wire::tempo;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  for (const auto read : {tempo::ReadSearchRequest, tempo::ReadTagsRequest,
                          tempo::ReadQueryRangeRequest, tempo::ReadQueryInstantRequest}) {
    const auto parameters = read(bytes);
    if (!parameters.has_value()) {
      if (parameters.error().message.empty()) std::abort();
      continue;
    }
    for (const auto& [name, value] : *parameters) {
      if (name.empty() || value.empty()) std::abort();
    }
  }
  const auto values = tempo::ReadTagValuesRequest(bytes);
  if (!values.has_value() && values.error().message.empty()) std::abort();
  return 0;
}

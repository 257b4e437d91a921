#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "wire/otlp/testing/request_property.h"

// The first byte says which signal the others are of.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace clew;
  if (size == 0) return 0;
  const model::Signal signal = model::kSignals[data[0] % model::kSignals.size()];
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (!wire::otlp::testing::FaultOf(signal, bytes).empty()) std::abort();
  return 0;
}

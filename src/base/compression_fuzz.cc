// Any bytes, decompressed as what the first byte says, give an error or at most the limit.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/compression.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kLimit = 1 << 20;
  constexpr std::uint8_t kCompressionCount = 7;
  if (size == 0) return 0;
  const auto compression = static_cast<clew::base::Compression>(data[0] % kCompressionCount);
  const std::string_view body(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto result = clew::base::Decompress(compression, body, kLimit);
  if (result.has_value() && result->size() > kLimit) std::abort();
  if (!result.has_value() && result.error().code != clew::base::Code::kInvalidArgument &&
      result.error().code != clew::base::Code::kResourceExhausted) {
    std::abort();
  }
  return 0;
}

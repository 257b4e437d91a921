#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/compression.h"
#include "base/result.h"

namespace clew::base {

/// Decompresses snappy's framing format (framing_format.txt of google/snappy): the CRC-32C of every
/// chunk is checked, unknown skippable chunks are skipped. Codes as for Decompress().
Result<std::string> DecompressSnappyFramed(std::string_view data, std::size_t limit,
                                           const ReserveBuffer& reserve);

/// Decompresses one snappy block. Codes as for Decompress().
Result<std::string> DecompressSnappyBlock(std::string_view data, std::size_t limit,
                                          const ReserveBuffer& reserve);

}  // namespace clew::base

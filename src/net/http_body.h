#pragma once

#include <cstdint>
#include <string_view>

#include "base/vocabulary.h"

namespace clew::net {

/// Undoes the Content-Encoding of a request body (otlp.md section 5): one coding, spelled exactly;
/// empty and "identity" share `body` without copying. INVALID_ARGUMENT
/// "unsupported Content-Encoding: <x>", or what is wrong with the data; RESOURCE_EXHAUSTED naming
/// the limit when the result would be larger than `bytes_max`.
Result<Bytes> DecodeBody(const Bytes& body, std::string_view content_encoding,
                         std::uint64_t bytes_max);

}  // namespace clew::net

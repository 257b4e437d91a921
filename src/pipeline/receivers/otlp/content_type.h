#pragma once

#include <string>
#include <string_view>

namespace clew::pipeline::receivers::otlp {

inline constexpr const char* kProtobufType = "application/x-protobuf";
inline constexpr const char* kJsonType = "application/json";

/// The media type without parameters, in lower case.
std::string MediaType(std::string_view content_type);

/// The charset that a content type of JSON names when it is not UTF-8, in lower case, at most 64
/// bytes of it; else empty.
std::string ForeignCharset(std::string_view content_type);

}  // namespace clew::pipeline::receivers::otlp

#pragma once

#include <protozero/exception.hpp>
#include <string_view>

namespace clew::wire::otlp {

/// What is wrong with a protobuf message, in words for whoever sent it.
inline std::string_view ProtobufFault(const protozero::exception& error) {
  if (dynamic_cast<const protozero::end_of_buffer_exception*>(&error) != nullptr) {
    return "a field goes over the end of its message";
  }
  if (dynamic_cast<const protozero::unknown_pbf_wire_type_exception*>(&error) != nullptr) {
    return "a field is of a type that protobuf does not have";
  }
  if (dynamic_cast<const protozero::invalid_tag_exception*>(&error) != nullptr) {
    return "a field has a number that protobuf does not allow";
  }
  if (dynamic_cast<const protozero::varint_too_long_exception*>(&error) != nullptr) {
    return "a number has more than ten bytes";
  }
  return "a field has a length that does not fit it";
}

}  // namespace clew::wire::otlp

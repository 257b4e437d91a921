#include "wire/otlp/response.h"

#include <algorithm>
#include <limits>
#include <protozero/exception.hpp>
#include <protozero/pbf_reader.hpp>
#include <protozero/pbf_writer.hpp>

#include "wire/otlp/fields.h"
#include "wire/otlp/protobuf_fault.h"
#include "wire/otlp/retry_info.h"

namespace clew::wire::otlp {
namespace {

// google.rpc.Status and google.protobuf.Any, Duration.
constexpr protozero::pbf_tag_type kStatusCode = 1;
constexpr protozero::pbf_tag_type kStatusMessage = 2;
constexpr protozero::pbf_tag_type kStatusDetails = 3;
constexpr protozero::pbf_tag_type kAnyTypeUrl = 1;
constexpr protozero::pbf_tag_type kAnyValue = 2;
constexpr protozero::pbf_tag_type kRetryDelay = 1;
constexpr protozero::pbf_tag_type kDurationSeconds = 1;
constexpr protozero::pbf_tag_type kDurationNanos = 2;

using protozero::pbf_wire_type;

std::string EncodeRetryInfo(Nanos delay) {
  std::string duration;
  protozero::pbf_writer duration_writer(duration);
  duration_writer.add_int64(kDurationSeconds, delay.count() / kNanosPerSecond);
  duration_writer.add_int32(kDurationNanos,
                            static_cast<std::int32_t>(delay.count() % kNanosPerSecond));
  std::string info;
  protozero::pbf_writer(info).add_message(kRetryDelay, duration);
  return info;
}

Nanos DecodeDuration(protozero::pbf_reader reader) {
  std::int64_t seconds = 0;
  std::int64_t nanos = 0;
  while (reader.next()) {
    if (reader.tag_and_type() == tag_and_type(kDurationSeconds, pbf_wire_type::varint)) {
      seconds = reader.get_int64();
    } else if (reader.tag_and_type() == tag_and_type(kDurationNanos, pbf_wire_type::varint)) {
      nanos = reader.get_int32();
    } else {
      reader.skip();
    }
  }
  return RetryDelay(seconds, nanos);
}

std::optional<Nanos> DecodeRetryInfo(protozero::pbf_reader reader) {
  std::optional<Nanos> delay;
  while (reader.next(kRetryDelay, pbf_wire_type::length_delimited)) {
    delay = DecodeDuration(reader.get_message());
  }
  return delay;
}

/// The delay of a detail that is a RetryInfo.
std::optional<Nanos> DecodeDetail(protozero::pbf_reader reader) {
  std::string_view type_url;
  std::string_view value;
  while (reader.next()) {
    if (reader.tag_and_type() == tag_and_type(kAnyTypeUrl, pbf_wire_type::length_delimited)) {
      type_url = ToView(reader.get_view());
    } else if (reader.tag_and_type() == tag_and_type(kAnyValue, pbf_wire_type::length_delimited)) {
      value = ToView(reader.get_view());
    } else {
      reader.skip();
    }
  }
  if (!IsRetryInfo(type_url)) return std::nullopt;
  return DecodeRetryInfo(protozero::pbf_reader(value.data(), value.size()));
}

Error DecodeStatusFields(protozero::pbf_reader reader) {
  Error error{Code::kOk, {}};
  while (reader.next()) {
    if (reader.tag_and_type() == tag_and_type(kStatusCode, pbf_wire_type::varint)) {
      error.code = CodeOfNumber(reader.get_int32());
    } else if (reader.tag_and_type() ==
               tag_and_type(kStatusMessage, pbf_wire_type::length_delimited)) {
      error.message = ToView(reader.get_view());
    } else if (reader.tag_and_type() ==
               tag_and_type(kStatusDetails, pbf_wire_type::length_delimited)) {
      if (const auto delay = DecodeDetail(reader.get_message())) error.retry_after = delay;
    } else {
      reader.skip();
    }
  }
  return error;
}

void DecodePartialSuccess(protozero::pbf_reader reader, PartialSuccess& partial) {
  while (reader.next()) {
    if (reader.tag_and_type() == tag_and_type(1, pbf_wire_type::varint)) {
      partial.rejected_items = reader.get_int64();
    } else if (reader.tag_and_type() == tag_and_type(2, pbf_wire_type::length_delimited)) {
      partial.error_message = ToView(reader.get_view());
    } else {
      reader.skip();
    }
  }
}

}  // namespace

std::string EncodeResponse(const PartialSuccess& partial) {
  std::string fields;
  protozero::pbf_writer writer(fields);
  if (partial.rejected_items != 0) writer.add_int64(1, partial.rejected_items);
  if (!partial.error_message.empty()) writer.add_string(2, partial.error_message);
  std::string response;
  if (!fields.empty()) protozero::pbf_writer(response).add_message(1, fields);
  return response;
}

Result<PartialSuccess> DecodeResponse(std::string_view protobuf) {
  PartialSuccess partial;
  try {
    protozero::pbf_reader reader(protobuf.data(), protobuf.size());
    while (reader.next(1, pbf_wire_type::length_delimited)) {
      DecodePartialSuccess(reader.get_message(), partial);
    }
  } catch (const protozero::exception& exception) {
    return InvalidArgument("answer is no response to an export: {}", ProtobufFault(exception));
  }
  return partial;
}

std::string EncodeStatus(const Error& error) {
  std::string status;
  protozero::pbf_writer writer(status);
  if (error.code != Code::kOk) writer.add_int32(kStatusCode, static_cast<std::int32_t>(error.code));
  if (!error.message.empty()) writer.add_string(kStatusMessage, error.message);
  if (error.retry_after) {
    protozero::pbf_writer detail(writer, kStatusDetails);
    detail.add_string(kAnyTypeUrl, kRetryInfoTypeUrl.data(), kRetryInfoTypeUrl.size());
    detail.add_bytes(kAnyValue, EncodeRetryInfo(*error.retry_after));
  }
  return status;
}

Result<Error> DecodeStatus(std::string_view protobuf) {
  try {
    return DecodeStatusFields(protozero::pbf_reader(protobuf.data(), protobuf.size()));
  } catch (const protozero::exception& exception) {
    return InvalidArgument("answer is not a google.rpc.Status: {}", ProtobufFault(exception));
  }
}

int HttpStatusOf(const Error& error) {
  switch (error.code) {
    case Code::kOk:
      return 200;
    case Code::kInvalidArgument:
      return 400;
    case Code::kUnauthenticated:
      return 401;
    case Code::kPermissionDenied:
      return 403;
    case Code::kUnimplemented:
      return 404;
    case Code::kResourceExhausted:
      return 429;
    case Code::kCancelled:
    case Code::kDeadlineExceeded:
    case Code::kAborted:
    case Code::kOutOfRange:
    case Code::kUnavailable:
    case Code::kDataLoss:
      return 503;
    case Code::kUnknown:
    case Code::kNotFound:
    case Code::kAlreadyExists:
    case Code::kFailedPrecondition:
    case Code::kInternal:
      return 500;
  }
  return 500;
}

Code CodeOfHttpStatus(int status) {
  if (status >= 200 && status < 300) return Code::kOk;
  switch (status) {
    case 400:
      return Code::kInvalidArgument;
    case 401:
      return Code::kUnauthenticated;
    case 403:
      return Code::kPermissionDenied;
    case 404:
      return Code::kUnimplemented;
    case 429:
      return Code::kResourceExhausted;
    case 502:
    case 503:
    case 504:
      return Code::kUnavailable;
    default:
      return Code::kUnknown;
  }
}

}  // namespace clew::wire::otlp

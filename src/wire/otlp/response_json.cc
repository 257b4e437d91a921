#include <simdjson.h>

#include "wire/otlp/json_text.h"
#include "wire/otlp/json_transcode.h"
#include "wire/otlp/json_writer.h"
#include "wire/otlp/response.h"
#include "wire/otlp/retry_info.h"
#include "wire/otlp/signal_shape.h"

namespace clew::wire::otlp {
namespace {

/// A response is flat; unknown parts of it may be deeper.
constexpr std::size_t kDepthMax = 64;

/// protobuf's JSON form of a Duration: seconds with as many decimals as needed.
std::string DurationText(Nanos delay) {
  const std::int64_t nanos = delay.count() % kNanosPerSecond;
  std::string text = fmt::format("{}", delay.count() / kNanosPerSecond);
  if (nanos != 0) {
    text += fmt::format(".{:09}", nanos);
    text.erase(text.find_last_not_of('0') + 1);
  }
  return text + "s";
}

/// The reverse; at most 9 decimals count.
std::optional<Nanos> ParseDurationText(std::string_view text) {
  if (!text.ends_with('s')) return std::nullopt;
  text.remove_suffix(1);
  if (!IsJsonNumber(text)) return std::nullopt;
  const std::size_t point = text.find('.');
  const auto seconds = ParseInt64(text.substr(0, point));
  if (!seconds) return std::nullopt;
  std::string decimals(point == text.npos ? "" : text.substr(point + 1));
  decimals.resize(9, '0');
  const auto nanos = ParseInt64(decimals);
  if (!nanos) return std::nullopt;
  return RetryDelay(*seconds, text.starts_with('-') ? -*nanos : *nanos);
}

/// The text of `key`, empty when it is missing or something else.
std::string_view TextOf(const simdjson::dom::object& object, std::string_view key) {
  std::string_view text;
  if (object[key].get(text) != simdjson::SUCCESS) return {};
  return text;
}

std::optional<Nanos> RetryAfterOf(const simdjson::dom::object& status) {
  simdjson::dom::array details;
  if (status["details"].get(details) != simdjson::SUCCESS) return std::nullopt;
  std::optional<Nanos> delay;
  for (const simdjson::dom::element detail : details) {
    simdjson::dom::object fields;
    if (detail.get(fields) != simdjson::SUCCESS || !IsRetryInfo(TextOf(fields, "@type"))) continue;
    if (const auto parsed = ParseDurationText(TextOf(fields, "retryDelay"))) delay = parsed;
  }
  return delay;
}

}  // namespace

std::string EncodeResponseJson(model::Signal signal, const PartialSuccess& partial) {
  // What EncodeResponse writes is well-formed.
  return MessageToJson(ShapeOf(signal).response, EncodeResponse(partial), JsonDialect::kOtlp)
      .value();
}

Result<PartialSuccess> DecodeResponseJson(model::Signal signal, std::string_view json) {
  ASSIGN_OR_RETURN(const std::string protobuf,
                   MessageFromJson(ShapeOf(signal).response, json, kDepthMax));
  return DecodeResponse(protobuf);
}

std::string EncodeStatusJson(const Error& error) {
  JsonWriter json;
  json.StartObject();
  json.Key("code");
  json.Integer(static_cast<int>(error.code));
  json.Key("message");
  json.Text(error.message);
  if (error.retry_after) {
    json.Key("details");
    json.StartArray();
    json.StartObject();
    json.Key("@type");
    json.Text(kRetryInfoTypeUrl);
    json.Key("retryDelay");
    json.Text(DurationText(*error.retry_after));
    json.EndObject();
    json.EndArray();
  }
  json.EndObject();
  return json.Take();
}

Result<Error> DecodeStatusJson(std::string_view json) {
  simdjson::dom::parser parser;
  simdjson::dom::object status;
  if (const auto error = parser.parse(json.data(), json.size()).get(status);
      error != simdjson::SUCCESS) {
    return InvalidArgument("answer is not a google.rpc.Status: {}", simdjson::error_message(error));
  }
  Error error{Code::kOk, std::string(TextOf(status, "message")), RetryAfterOf(status)};
  std::int64_t code = 0;
  if (status["code"].get(code) == simdjson::SUCCESS) error.code = CodeOfNumber(code);
  return error;
}

}  // namespace clew::wire::otlp

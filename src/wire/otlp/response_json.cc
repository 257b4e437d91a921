#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include "wire/otlp/json_text.h"
#include "wire/otlp/json_transcode.h"
#include "wire/otlp/response.h"
#include "wire/otlp/retry_info.h"

namespace clew::wire::otlp {
namespace {

constexpr std::int64_t kNanosPerSecond = 1'000'000'000;
/// A response is flat; unknown parts of it may be deeper.
constexpr std::size_t kDepthMax = 64;

using JsonWriter = rapidjson::Writer<rapidjson::StringBuffer>;

void WriteText(std::string_view text, JsonWriter& json) {
  json.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
}

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

std::string_view TextOf(const rapidjson::Value& object, const char* key) {
  const auto member = object.FindMember(key);
  if (member == object.MemberEnd() || !member->value.IsString()) return {};
  return {member->value.GetString(), member->value.GetStringLength()};
}

std::optional<Nanos> RetryAfterOf(const rapidjson::Value& status) {
  const auto details = status.FindMember("details");
  if (details == status.MemberEnd() || !details->value.IsArray()) return std::nullopt;
  std::optional<Nanos> delay;
  for (const auto& detail : details->value.GetArray()) {
    if (!detail.IsObject() || !IsRetryInfo(TextOf(detail, "@type"))) continue;
    if (const auto parsed = ParseDurationText(TextOf(detail, "retryDelay"))) delay = parsed;
  }
  return delay;
}

}  // namespace

std::string EncodeResponseJson(const PartialSuccess& partial) {
  // What EncodeResponse writes is well-formed.
  return MessageToJson(kExportResponseSchema, EncodeResponse(partial), JsonDialect::kOtlp).value();
}

Result<PartialSuccess> DecodeResponseJson(std::string_view json) {
  ASSIGN_OR_RETURN(const std::string protobuf,
                   MessageFromJson(kExportResponseSchema, json, kDepthMax));
  return DecodeResponse(protobuf);
}

std::string EncodeStatusJson(const Error& error) {
  rapidjson::StringBuffer buffer;
  JsonWriter json(buffer);
  json.StartObject();
  json.Key("code");
  json.Int(static_cast<int>(error.code));
  json.Key("message");
  WriteText(RepairUtf8(error.message), json);
  if (error.retry_after) {
    json.Key("details");
    json.StartArray();
    json.StartObject();
    json.Key("@type");
    WriteText(kRetryInfoTypeUrl, json);
    json.Key("retryDelay");
    WriteText(DurationText(*error.retry_after), json);
    json.EndObject();
    json.EndArray();
  }
  json.EndObject();
  return std::string(buffer.GetString(), buffer.GetSize());
}

Result<Error> DecodeStatusJson(std::string_view json) {
  rapidjson::Document status;
  status.Parse<rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag>(json.data(),
                                                                                       json.size());
  if (status.HasParseError()) {
    return InvalidArgument("answer is not a google.rpc.Status: malformed json at byte {}",
                           status.GetErrorOffset());
  }
  if (!status.IsObject()) {
    return InvalidArgument("answer is not a google.rpc.Status: expected an object");
  }
  Error error{Code::kOk, std::string(TextOf(status, "message")), RetryAfterOf(status)};
  const auto code = status.FindMember("code");
  if (code != status.MemberEnd()) {
    error.code = code->value.IsInt() ? CodeOfNumber(code->value.GetInt()) : Code::kUnknown;
  }
  return error;
}

}  // namespace clew::wire::otlp

#include "api/client/tempo_client.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace clew::api::client {
namespace {

std::string_view Endpoint(TraceQlForm form) {
  switch (form) {
    case TraceQlForm::kSearch:
      return "/api/search";
    case TraceQlForm::kRange:
      return "/api/metrics/query_range";
    case TraceQlForm::kInstant:
      break;
  }
  return "/api/metrics/query";
}

/// Of an error that is text; of a page nothing.
std::string ErrorText(std::string_view body) {
  constexpr std::size_t kShownBytes = 2'000;
  if (body.starts_with('<')) return {};
  body = body.substr(0, kShownBytes);
  while (body.ends_with('\n')) body.remove_suffix(1);
  return std::string(body);
}

Error ErrorOf(const std::string& server, TraceQlForm form,
              const net::HttpClientResponse& response) {
  const std::string said = fmt::format("{} answered with status {}", server, response.status);
  if (response.status == 404 || response.status == 405) {
    // Another server, another port of the right one, or one that does not know this yet.
    return {Code::kFailedPrecondition, fmt::format("{}: it has no {}", said, Endpoint(form))};
  }
  const std::string text = ErrorText(response.body);
  const bool is_said = !text.empty() && response.content_type.starts_with("text/plain");
  const bool is_of_query = is_said && (response.status == 400 || response.status == 422);
  const Code code = is_of_query              ? Code::kInvalidArgument
                    : response.status == 401 ? Code::kUnauthenticated
                    : response.status == 503 ? Code::kUnavailable
                                             : Code::kUnknown;
  return {code, is_of_query ? text : said + (text.empty() ? "" : ": " + text)};
}

}  // namespace

std::string TraceQlPath(const TraceQlCall& call) {
  constexpr UnixNanos kSecond = 1'000'000'000;
  const UnixNanos start = std::max<UnixNanos>(call.start_min, 0);
  const UnixNanos end = std::max<UnixNanos>(call.start_max, 0);
  std::string path = fmt::format("{}?q={}", Endpoint(call.form), PercentEncode(call.query));
  if (call.form == TraceQlForm::kSearch) {
    path +=
        fmt::format("&start={}&end={}&limit={}&spss={}", start / kSecond,
                    end / kSecond + (end % kSecond > 0 ? 1 : 0), call.limit, call.spans_per_set);
  } else {
    // A day is the longest time and may not become a second longer. Nanoseconds have more digits
    // than seconds.
    path += fmt::format("&start={:011}&end={:011}", start, end);
  }
  if (!call.step.empty()) path += "&step=" + PercentEncode(call.step);
  if (!call.explain.empty()) path += "&explain=" + PercentEncode(call.explain);
  return path;
}

Result<std::unique_ptr<TempoClient>> TempoClient::Create(const HttpApiOptions& options) {
  ASSIGN_OR_RETURN(auto api, HttpApi::Create(options));
  return std::unique_ptr<TempoClient>(new TempoClient(std::move(api)));
}

Result<std::string> TempoClient::Ask(const TraceQlCall& call) {
  ASSIGN_OR_RETURN(net::HttpClientResponse response, api_->Get(TraceQlPath(call)));
  if (response.status != 200) {
    return std::unexpected(ErrorOf(api_->server(), call.form, response));
  }
  // As JSON it would be the answer: the server passes over what it does not know.
  if (!call.explain.empty() && response.content_type.starts_with("application/json")) {
    return MakeError(Code::kUnimplemented, "{} does not explain {}", api_->server(),
                     Endpoint(call.form));
  }
  return std::move(response.body);
}

Result<std::string> TempoClient::Get(const std::string& path) {
  ASSIGN_OR_RETURN(net::HttpClientResponse response, api_->Get(path));
  if (response.status != 200) {
    return MakeError(Code::kUnknown, "{} answered with status {}", api_->server(), response.status);
  }
  return std::move(response.body);
}

Result<std::vector<ListedTag>> TempoClient::Tags(std::string_view query) {
  ASSIGN_OR_RETURN(const std::string json, Get("/api/v2/search/tags?q=" + PercentEncode(query)));
  return ParseTags(json);
}

Result<std::vector<ListedValue>> TempoClient::TagValues(std::string_view name,
                                                        std::string_view query) {
  ASSIGN_OR_RETURN(const std::string json,
                   Get(fmt::format("/api/v2/search/tag/{}/values?q={}", PercentEncode(name),
                                   PercentEncode(query))));
  return ParseTagValues(json);
}

}  // namespace clew::api::client

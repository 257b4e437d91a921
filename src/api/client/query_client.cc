#include "api/client/query_client.h"

#include <fmt/chrono.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <ctime>
#include <string_view>

#include "api/client/answers.h"
#include "base/duration.h"

namespace clew::api::client {
namespace {

std::string Rfc3339(UnixNanos time) {
  constexpr UnixNanos kSecond = 1'000'000'000;
  UnixNanos seconds = time / kSecond;
  if (time % kSecond < 0) {
    --seconds;
  }
  const std::time_t clock = seconds;
  std::tm parts{};
  gmtime_r(&clock, &parts);
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:09}Z", parts, time - seconds * kSecond);
}

/// A JSON object of texts.
std::string TagsJson(const std::vector<query::Tag>& tags) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
  const auto write = [&writer](const std::string& key, const std::string& value) {
    writer.Key(key.data(), static_cast<rapidjson::SizeType>(key.size()));
    writer.String(value.data(), static_cast<rapidjson::SizeType>(value.size()));
  };
  writer.StartObject();
  for (const query::Tag& tag : tags) {
    write(tag.key, tag.value);
  }
  writer.EndObject();
  return {buffer.GetString(), buffer.GetSize()};
}

}  // namespace

std::string SearchPath(const SearchCall& call) {
  const query::SearchTerms& terms = call.terms;
  std::string path = "/api/v3/trace-summaries?";
  const auto add = [&path](std::string_view name, const std::string& value) {
    path +=
        fmt::format("{}query.{}={}", path.ends_with('?') ? "" : "&", name, PercentEncode(value));
  };
  if (terms.service) {
    add("serviceName", *terms.service);
  }
  if (!terms.operation.empty()) {
    add("operationName", terms.operation);
  }
  if (!terms.tags.empty()) {
    add("attributes", TagsJson(terms.tags));
  }
  if (terms.duration_min > Nanos(0)) {
    add("durationMin", base::FormatDuration(terms.duration_min));
  }
  if (terms.duration_max > Nanos(0)) {
    add("durationMax", base::FormatDuration(terms.duration_max));
  }
  add("startTimeMin", Rfc3339(call.start_min));
  add("startTimeMax", Rfc3339(call.start_max));
  add("searchDepth", fmt::format("{}", call.limit));
  return path;
}

Result<std::unique_ptr<QueryClient>> QueryClient::Create(const HttpApiOptions& options) {
  ASSIGN_OR_RETURN(auto api, HttpApi::Create(options));
  return std::unique_ptr<QueryClient>(new QueryClient(std::move(api)));
}

Result<std::string> QueryClient::Get(const std::string& path_and_query) {
  ASSIGN_OR_RETURN(net::HttpClientResponse response, api_->Get(path_and_query));
  if (response.status == 200) {
    return std::move(response.body);
  }
  std::string message = ParseErrorMessage(response.body);
  const bool is_of_query_api = !message.empty();
  if (!is_of_query_api) {
    message = fmt::format("{} answered with status {}", api_->server(), response.status);
    if (response.status == 404 || response.status == 405) {
      // Not the error of a query API: another server, or another port of the right one.
      return MakeError(Code::kFailedPrecondition, "{}: it has no query API", message);
    }
    const std::string line = FirstLine(response.body);
    message += line.empty() ? "" : ": " + line;
  }
  const Code code = response.status == 404                      ? Code::kNotFound
                    : response.status == 401                    ? Code::kUnauthenticated
                    : response.status == 400 && is_of_query_api ? Code::kInvalidArgument
                    : response.status == 503                    ? Code::kUnavailable
                                                                : Code::kUnknown;
  return std::unexpected(Error{code, std::move(message)});
}

Result<model::TraceData> QueryClient::FindTrace(const TraceId& id) {
  ASSIGN_OR_RETURN(std::string answer, Get("/api/v3/traces/" + id.ToHex()));
  const bool is_cut = answer.size() >= HttpApi::kAnswerBytesMax && MendCutTrace(&answer);
  ASSIGN_OR_RETURN(model::TraceData trace, ParseTrace(answer));
  if (is_cut) {
    api_->Note(fmt::format("the trace is larger than {} MiB of JSON, these are {} of its spans",
                           HttpApi::kAnswerBytesMax >> 20, trace.spans.size()));
  }
  return trace;
}

Result<std::vector<analysis::TraceSummary>> QueryClient::Search(const SearchCall& call) {
  auto answer = Get(SearchPath(call));
  if (!answer.has_value()) {
    if (answer.error().code == Code::kNotFound) {
      return std::vector<analysis::TraceSummary>{};
    }
    return std::unexpected(std::move(answer).error());
  }
  return ParseSummaries(*answer);
}

Result<std::vector<std::string>> QueryClient::Services() {
  ASSIGN_OR_RETURN(const std::string answer, Get("/api/v3/services"));
  return ParseServices(answer);
}

Result<std::string> QueryClient::ExplainTrace(const TraceId& id, const std::string& mode) {
  return Get("/api/v3/traces/" + id.ToHex() + "?explain=" + mode);
}

Result<std::string> QueryClient::ExplainSearch(const SearchCall& call, const std::string& mode) {
  return Get(SearchPath(call) + "&explain=" + mode);
}

Result<std::string> QueryClient::ExplainServices(const std::string& mode) {
  return Get("/api/v3/services?explain=" + mode);
}

Result<std::vector<query::Operation>> QueryClient::Operations(const std::string& service) {
  ASSIGN_OR_RETURN(const std::string answer,
                   Get("/api/v3/operations?service=" + PercentEncode(service)));
  return ParseOperations(answer);
}

}  // namespace clew::api::client

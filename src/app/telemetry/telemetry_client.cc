#include "app/telemetry/telemetry_client.h"

#include <algorithm>
#include <cstdlib>

#include "base/url.h"
#include "net/endpoint.h"

namespace clew::app::telemetry {
namespace {

constexpr std::uint64_t kAnswerBytesMax = 64u << 20;

Result<std::unique_ptr<net::HttpClient>> MakeHttp(Nanos timeout) {
  net::HttpClientOptions options;
  options.timeout = timeout;
  options.user_agent = "clew-cli";
  options.response_bytes_max = kAnswerBytesMax;
  return net::HttpClient::Create(options);
}

std::string FirstLine(const std::string& text) { return text.substr(0, text.find('\n')); }

/// Reads {name="value",…} at the front of `text`, which begins behind the brace.
bool ReadLabels(std::string_view& text, Sample& sample) {
  while (!text.empty() && text.front() != '}') {
    const std::size_t equals = text.find("=\"");
    if (equals == std::string_view::npos) {
      return false;
    }
    std::string name(text.substr(0, equals));
    text.remove_prefix(equals + 2);
    std::string content;
    while (!text.empty() && text.front() != '"') {
      if (text.front() == '\\' && text.size() > 1) {
        text.remove_prefix(1);
        content += text.front() == 'n' ? '\n' : text.front();
      } else {
        content += text.front();
      }
      text.remove_prefix(1);
    }
    if (text.empty()) {
      return false;
    }
    text.remove_prefix(1);
    if (text.starts_with(',')) {
      text.remove_prefix(1);
    }
    sample.labels.emplace_back(std::move(name), std::move(content));
  }
  if (text.empty()) {
    return false;
  }
  text.remove_prefix(1);
  return true;
}

}  // namespace

std::string_view Sample::Label(std::string_view label) const {
  for (const auto& [key, content] : labels) {
    if (key == label) {
      return content;
    }
  }
  return {};
}

std::vector<Sample> ParseSamples(std::string_view text) {
  std::vector<Sample> samples;
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    const std::size_t end = line.find_first_of("{ ");
    if (line.starts_with('#') || end == std::string_view::npos) {
      continue;
    }
    Sample sample;
    sample.name = line.substr(0, end);
    const bool has_labels = line[end] == '{';
    line.remove_prefix(end + 1);
    if (has_labels && !ReadLabels(line, sample)) {
      continue;
    }
    sample.value = std::strtod(std::string(line).c_str(), nullptr);
    samples.push_back(std::move(sample));
  }
  return samples;
}

Result<std::unique_ptr<TelemetryClient>> TelemetryClient::Create(const std::string& url) {
  ASSIGN_OR_RETURN(std::string trimmed, net::ParseHttpEndpoint(url));
  ASSIGN_OR_RETURN(auto http, MakeHttp(std::chrono::seconds(10)));
  return std::unique_ptr<TelemetryClient>(new TelemetryClient(std::move(trimmed), std::move(http)));
}

std::unexpected<Error> TelemetryClient::IsNoClew(std::string_view because) const {
  return NotFound("{} is not the telemetry address of a clew: {}", base::RedactUrl(url_), because);
}

Result<std::vector<Sample>> TelemetryClient::Metrics() {
  ASSIGN_OR_RETURN(const net::HttpClientResponse response, http_->Get(url_ + "/metrics"));
  if (response.status != 200) {
    return IsNoClew(fmt::format("it answered with status {}", response.status));
  }
  std::vector<Sample> samples = ParseSamples(response.body);
  if (std::ranges::find(samples, "clew_build_info", &Sample::name) == samples.end()) {
    return IsNoClew("its /metrics has no clew_build_info");
  }
  return samples;
}

Result<std::string> TelemetryClient::Readiness() {
  ASSIGN_OR_RETURN(const net::HttpClientResponse response, http_->Get(url_ + "/readyz"));
  return FirstLine(response.body);
}

Status TelemetryClient::Order(const std::string& action, Nanos timeout) {
  ASSIGN_OR_RETURN(const auto http, MakeHttp(timeout));
  ASSIGN_OR_RETURN(const net::HttpClientResponse response,
                   http->Post(url_ + "/-/" + action, "", {}));
  if (response.status == 200 && response.body == "ok\n") {
    return {};
  }
  // What the server says when it does not obey; other ports say something else.
  if (response.status != 400 && response.status != 403 && response.status != 503) {
    return IsNoClew(fmt::format("it answered with status {}", response.status));
  }
  std::string message = response.body;
  while (message.ends_with('\n')) {
    message.pop_back();
  }
  return std::unexpected(Error{Code::kFailedPrecondition, std::move(message)});
}

}  // namespace clew::app::telemetry

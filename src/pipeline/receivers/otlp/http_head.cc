#include "pipeline/receivers/otlp/http_head.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/compression.h"
#include "base/excerpt.h"
#include "pipeline/item_counter.h"
#include "pipeline/receivers/otlp/content_type.h"
#include "pipeline/receivers/otlp/http_answers.h"

namespace clew::pipeline::receivers::otlp {
namespace {

/// What Content-Encoding may name; it need not be there.
std::vector<std::string> EncodingsOf(const std::vector<std::string>& algorithms) {
  std::vector<std::string> names = {"identity"};
  for (const std::string& name : algorithms) {
    if (base::ParseCompression(name) != base::Compression::kNone) names.push_back(name);
  }
  return names;
}

}  // namespace

HttpHead::HttpHead(const HttpSection& section, model::SignalSet signals) : section_(section) {
  for (const model::Signal signal : model::kSignals) {
    if (signals.Contains(signal)) paths_.push_back({section.PathOf(signal), signal});
  }
}

std::optional<model::Signal> HttpHead::SignalOf(std::string_view path) const {
  const auto found = std::ranges::find(paths_, path, &Path::path);
  return found == paths_.end() ? std::nullopt : std::optional(found->signal);
}

std::optional<Refusal> HttpHead::Check(const net::HttpRequest& request) const {
  if (!SignalOf(request.path).has_value()) {
    std::vector<std::string> taken;
    for (const Path& path : paths_) {
      taken.push_back(fmt::format("{} are taken at {}", ItemsName(path.signal), path.path));
    }
    return Refusal{
        404,
        "path",
        {Code::kNotFound, fmt::format("404 page not found: {}; {}", base::Excerpt(request.path),
                                      fmt::join(taken, ", "))}};
  }
  if (request.method != "POST") {
    return Refusal{
        405, "method", {Code::kUnimplemented, "405 method not allowed, supported: [POST]"}};
  }
  if (!EncodingOf(request.headers.Get("Content-Type")).has_value()) {
    return Refusal{415,
                   "media_type",
                   {Code::kInvalidArgument,
                    "415 unsupported media type, supported: [application/json, "
                    "application/x-protobuf]"}};
  }
  if (const std::string charset = ForeignCharset(request.headers.Get("Content-Type"));
      !charset.empty()) {
    return Refusal{415,
                   "media_type",
                   {Code::kInvalidArgument,
                    fmt::format("415 unsupported charset of application/json: {}; send UTF-8",
                                base::Excerpt(charset))}};
  }
  const std::string_view coding = request.headers.Get("Content-Encoding");
  if (!section_.AllowsEncoding(coding)) {
    return Refusal{
        400,
        "content_encoding",
        {Code::kInvalidArgument,
         fmt::format("unsupported Content-Encoding: {}, supported: [{}]", base::Excerpt(coding),
                     fmt::join(EncodingsOf(section_.compression_algorithms), ", "))}};
  }
  if (request.body.size() > section_.max_request_body_size) {
    return TooLarge();
  }
  return std::nullopt;
}

Refusal HttpHead::TooLarge() const {
  return {413,
          "too_large",
          {Code::kResourceExhausted,
           fmt::format("request body too large: the limit is {} bytes, before and after "
                       "decompression (max_request_body_size); send smaller batches",
                       section_.max_request_body_size)}};
}

}  // namespace clew::pipeline::receivers::otlp

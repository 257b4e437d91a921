#include "api/tempo/answer_form.h"

#include <memory>

namespace clew::api::tempo {

MediaType AcceptedType(std::string_view accept) {
  if (accept.find("application/protobuf") != std::string_view::npos) {
    return MediaType::kProtobuf;
  }
  if (accept.find("application/json") != std::string_view::npos) {
    return MediaType::kJson;
  }
  return accept.find("application/vnd.grafana.llm") != std::string_view::npos ? MediaType::kLlm
                                                                              : MediaType::kJson;
}

Result<MediaType> FormOf(const net::HttpRequest& request, bool has_llm) {
  const MediaType type = AcceptedType(request.headers.Get("Accept"));
  if (type != MediaType::kLlm || has_llm) return type;
  return base::InvalidArgument(
      "application/vnd.grafana.llm is not served here, accept application/json or "
      "application/protobuf");
}

void MessageParts::Add(std::string_view fields) {
  const bool is_full = parts_.back().size() + fields.size() > kPartBytes;
  if (is_full && !parts_.back().empty()) parts_.emplace_back();
  parts_.back() += fields;
}

Written WholeAnswer(const QueryCall& call, MediaType type, std::vector<std::string> parts) {
  auto next = [memory = call.hold().memory, parts = std::move(parts),
               place = std::size_t{0}](std::string* out) mutable {
    *out += std::exchange(parts[place], {});
    return Result<bool>(++place < parts.size());
  };
  return {.type = type, .parts = std::move(next)};
}

Result<net::HttpResponse> Respond(const QueryCall& call, Written written) {
  net::HttpResponse response;
  response.content_type =
      written.type == MediaType::kProtobuf ? "application/protobuf" : "application/json";
  call.AddWarning(&response);
  TRY(SetBody(std::move(written.parts), &response));
  return response;
}

}  // namespace clew::api::tempo

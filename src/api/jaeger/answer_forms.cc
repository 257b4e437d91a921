#include "api/jaeger/answer_forms.h"

#include <utility>

#include "api/jaeger/json_writer.h"
#include "api/json_indent.h"
#include "api/responses.h"

namespace clew::api::jaeger {
namespace {

constexpr std::size_t kIndent = 4;

/// What comes after the data in the classic envelope.
std::string EnvelopeEnd(std::uint64_t total, const std::vector<EnvelopeError>& errors) {
  rapidjson::StringBuffer buffer;
  JsonWriter json(buffer);
  json.StartObject();
  WriteMember(json, "total", total);
  WriteMember(json, "limit", std::uint64_t{0});
  WriteMember(json, "offset", std::uint64_t{0});
  WriteKey(json, "errors");
  if (errors.empty()) {
    json.Null();
  } else {
    json.StartArray();
    for (const EnvelopeError& error : errors) {
      json.StartObject();
      if (error.code != 0) {
        WriteMember(json, "code", static_cast<std::uint64_t>(error.code));
      }
      WriteMember(json, "msg", error.message);
      if (!error.trace_id.empty()) {
        WriteMember(json, "traceID", error.trace_id);
      }
      json.EndObject();
    }
    json.EndArray();
  }
  json.EndObject();
  std::string text = TakeJson(buffer);
  text.front() = ',';
  return text;
}

TextSource Envelope(TextSource data, std::uint64_t total,
                    const std::vector<EnvelopeError>& errors) {
  return Surround("{\"data\":", std::move(data), EnvelopeEnd(total, errors));
}

std::string V3Error(int status, const std::string& message) {
  rapidjson::StringBuffer buffer;
  JsonWriter json(buffer);
  json.StartObject();
  WriteKey(json, "error");
  json.StartObject();
  WriteMember(json, "httpCode", static_cast<std::uint64_t>(status));
  WriteMember(json, "message", message);
  json.EndObject();
  json.EndObject();
  return TakeJson(buffer);
}

bool WantsIndent(const net::HttpRequest& request) {
  const std::string_view wish = request.Param("prettyPrint").value_or(std::string_view());
  return !wish.empty() && wish != "false";
}

TextSource Indented(TextSource source) {
  return [source = std::move(source), indenter = JsonIndenter(kIndent),
          part = std::string()](std::string* out) mutable -> Result<bool> {
    part.clear();
    ASSIGN_OR_RETURN(const bool has_more, source(&part));
    indenter.Add(part, out);
    return has_more;
  };
}

}  // namespace

Result<net::HttpResponse> Respond(Dialect dialect, const net::HttpRequest& request, Reply reply,
                                  const QueryCall& call) {
  net::HttpResponse response;
  response.content_type = "application/json";
  TextSource body = std::move(reply.source);
  if (!body) {
    // What its making took counts until it is sent.
    body = [memory = call.hold().memory, text = std::move(reply.json)](std::string* out) mutable {
      out->append(std::exchange(text, {}));
      return Result<bool>(false);
    };
  }
  if (dialect == Dialect::kClassic) {
    if (const auto text = PartialText(call.left_out())) {
      reply.errors.push_back({.message = *text});
    }
    body = Envelope(std::move(body), reply.total, reply.errors);
    if (WantsIndent(request)) body = Indented(std::move(body));
  }
  call.AddWarning(&response);
  TRY(SetBody(std::move(body), &response));
  return response;
}

net::HttpResponse ErrorResponse(Dialect dialect, const net::HttpRequest& request,
                                const Error& error) {
  const int status = HttpStatusOf(error);
  std::string body =
      dialect == Dialect::kV3
          ? V3Error(status, error.message)
          : "{\"data\":null" + EnvelopeEnd(0, {{.code = status, .message = error.message}});
  // Text, although the body is JSON: as Jaeger does (jaeger.md section 29, trap 1).
  net::HttpResponse response = TextResponse(status, std::move(body));
  AddRetryAfter(error, &response);
  // Errors are indented too, as clients ask.
  if (dialect == Dialect::kClassic && WantsIndent(request)) {
    response.body = IndentJson(response.body, kIndent);
  }
  return response;
}

}  // namespace clew::api::jaeger

#include "api/query_call.h"

#include <chrono>
#include <utility>

namespace clew::api {
namespace {

std::shared_ptr<query::AnswerMemory> MakeMemory(base::MemoryAccount* account) {
  return account == nullptr ? std::make_shared<query::AnswerMemory>()
                            : std::make_shared<query::AnswerMemory>(*account);
}

/// As a quoted string in a header.
std::string Quoted(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    const bool is_printable = c >= ' ' && c != '\x7F';
    quoted += is_printable ? c : ' ';
  }
  return quoted + '"';
}

}  // namespace

QueryCall::QueryCall(const net::HttpRequest& request, const TenantId& tenant,
                     const QueryLimits& limits)
    : memory_(MakeMemory(limits.answer_memory)),
      context_{.tenant = tenant,
               .deadline = request.arrived_at + limits.timeout,
               .stop = request.cancelled,
               .memory = memory_.get(),
               .left_out = &left_out_} {}

void QueryCall::AddWarning(net::HttpResponse* response) const {
  if (const auto text = PartialText(left_out_)) {
    response->headers.Add("Warning", "199 clew " + Quoted(*text));
  }
}

Error NoMemoryError() {
  Error error{Code::kUnavailable,
              "no memory is left for this answer: try again in a moment, or ask for less"};
  error.retry_after = std::chrono::seconds(1);
  return error;
}

void QueryCall::AddLeftOut(Error* error) const {
  if (error->code != Code::kNotFound) return;
  if (const auto text = PartialText(left_out_)) {
    error->message += ", but it may lie in what is left out; " + *text;
  }
}

std::optional<std::string> PartialText(const query::LeftOut& left_out) {
  if (left_out.empty()) return std::nullopt;
  std::string text = "the answer is partial: ";
  for (const std::string& fault : left_out.Texts()) {
    if (!text.ends_with(": ")) text += "; ";
    text += fault;
  }
  return text;
}

}  // namespace clew::api

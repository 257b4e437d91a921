#include "api/query_call.h"

#include <chrono>
#include <utility>

namespace clew::api {
namespace {

std::shared_ptr<query::AnswerMemory> MakeMemory(base::MemoryAccount* account) {
  return account == nullptr ? std::make_shared<query::AnswerMemory>()
                            : std::make_shared<query::AnswerMemory>(*account);
}

/// Proxies and clients refuse headers of some KiB, and with them the answer.
constexpr std::size_t kHeaderTextMax = 900;

/// As a quoted string in a header, of printable ASCII only, cut when it is long.
std::string Quoted(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (quoted.size() > kHeaderTextMax) return quoted + "...\"";
    if (c == '"' || c == '\\') quoted += '\\';
    const auto byte = static_cast<unsigned char>(c);
    const bool is_printable = byte >= 0x20 && byte < 0x7F;
    quoted += is_printable ? c : ' ';
  }
  return quoted + '"';
}

/// How much is left out, and the first of it.
std::string OneSentence(const query::LeftOut& left_out) {
  if (left_out.count() == 1) return "the answer is partial: " + left_out.first();
  return fmt::format("the answer is partial for {} reasons, the first: {}", left_out.count(),
                     left_out.first());
}

}  // namespace

QueryCall::QueryCall(const net::HttpRequest& request, const TenantId& tenant,
                     const QueryLimits& limits)
    : memory_(MakeMemory(limits.answer_memory)),
      context_{.tenants = {tenant},
               .deadline = request.arrived_at + limits.timeout,
               .clock = limits.clock,
               .stop = request.cancelled,
               .memory = memory_.get(),
               .left_out = &left_out_,
               .helpers = limits.helpers} {}

void QueryCall::AddWarning(net::HttpResponse* response) const {
  if (!left_out_.empty()) {
    response->headers.Add("Warning", "199 clew " + Quoted(OneSentence(left_out_)));
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

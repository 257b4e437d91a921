#include "api/query_call.h"

#include <chrono>
#include <utility>

namespace clew::api {
namespace {

std::shared_ptr<query::AnswerMemory> MakeMemory(base::MemoryAccount* account) {
  return account == nullptr ? std::make_shared<query::AnswerMemory>()
                            : std::make_shared<query::AnswerMemory>(*account);
}

}  // namespace

QueryCall::QueryCall(const net::HttpRequest& request, std::vector<TenantId> tenants,
                     const QueryLimits& limits)
    : memory_(MakeMemory(limits.answer_memory)),
      context_{.tenants = std::move(tenants),
               .deadline = request.arrived_at + limits.timeout,
               .clock = limits.clock,
               .stop = request.cancelled,
               .memory = memory_.get(),
               .left_out = &left_out_,
               .helpers = limits.helpers} {}

void QueryCall::AddWarning(net::HttpResponse* response) const {
  if (!left_out_.empty()) {
    response->headers.Add("Warning", PartialWarning(left_out_));
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

}  // namespace clew::api

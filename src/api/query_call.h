#pragma once

#include <memory>
#include <new>
#include <vector>

#include "api/partial_text.h"
#include "net/http_server.h"
#include "query/query_context.h"

namespace clew::api {

/// What holds for every query of an API.
struct QueryLimits {
  /// From the arrival of the request to its answer.
  Nanos timeout{std::chrono::seconds(30)};
  /// What all answers may take together; null: they are not counted. Outlives the answers.
  base::MemoryAccount* answer_memory = nullptr;
  /// Of the server that the requests come by. Outlives the answers.
  const Clock* clock = &base::SystemTime();
  /// Threads that help with a query; null: there are none. They outlive the calls.
  base::WorkerPool* helpers = nullptr;
};

/// The memory of an answer on its way out.
struct AnswerHold {
  std::shared_ptr<query::AnswerMemory> memory = std::make_shared<query::AnswerMemory>();
  /// Until when it must be sent when memory is scarce; a slower client gets more time the more it
  /// takes.
  Deadline deadline = Deadline::max();
  const Clock* clock = &base::SystemTime();
};

/// The context of the queries that one request needs, and what it points to. One thread.
class QueryCall {
 public:
  /// An answer is about the spans of all `tenants` together.
  QueryCall(const net::HttpRequest& request, std::vector<TenantId> tenants,
            const QueryLimits& limits);
  QueryCall(const QueryCall&) = delete;
  QueryCall& operator=(const QueryCall&) = delete;

  const query::QueryContext& context() const { return context_; }
  const query::LeftOut& left_out() const { return left_out_; }
  /// For what is sent after the call.
  AnswerHold hold() const { return {memory_, context_.deadline, context_.clock}; }
  /// Says in a header that the answer is partial, when it is, in one sentence of at most 1 KB: how
  /// much is left out, and the first of it. In every API the same.
  void AddWarning(net::HttpResponse* response) const;
  /// Of what was not found it says in the message that it may lie in what is left out, when
  /// something is: most clients show no header.
  void AddLeftOut(Error* error) const;

 private:
  query::LeftOut left_out_;
  std::shared_ptr<query::AnswerMemory> memory_;
  query::QueryContext context_;
};

/// UNAVAILABLE, in the words of answers that find no memory.
Error NoMemoryError();

/// What `make` gives, or NoMemoryError when the machine refuses memory to it: the answer is lost
/// and the process goes on.
template <typename Make>
auto OrNoMemory(Make make) -> decltype(make()) {
  try {
    return make();
  } catch (const std::bad_alloc&) {
    return std::unexpected(NoMemoryError());
  }
}

}  // namespace clew::api

#pragma once

#include <optional>
#include <string>

#include "api/query_call.h"
#include "api/responses.h"
#include "net/http_server.h"
#include "query/query_service.h"

namespace clew::api {

/// Notes what is asked of a query service, and what it took. One request, one thread.
class Explainer final : public query::QueryService {
 public:
  enum class Mode {
    /// Nothing is run: every question fails with ABORTED.
    kPlan,
    kRun,
  };

  /// What a request wants by its parameter `explain`: nothing, "plan" or "run".
  static Result<std::optional<Mode>> ModeOf(const net::HttpRequest& request);

  /// `query` outlives it.
  Explainer(query::QueryService& query, Mode mode) : query_(query), mode_(mode) {}

  Status Run(const query::Plan& plan, const query::QueryContext& context,
             query::Sink& sink) override;

  /// True when something was asked, and answered when it was to be run.
  bool has_answer() const { return !text_.empty(); }
  /// Of each question query::Explain.
  const std::string& text() const { return text_; }

 private:
  query::QueryService& query_;
  const Mode mode_;
  std::string text_;
};

/// What `handle` asks of the query service it is given, explained, instead of what it answers. An
/// error when it asks nothing.
template <typename Handle>
Result<net::HttpResponse> Explained(query::QueryService& query, Explainer::Mode mode,
                                    const QueryCall& call, const Handle& handle) {
  Explainer explainer(query, mode);
  const auto unused = handle(explainer);
  // What is asked for but not found is explained, too.
  if (!explainer.has_answer() && !unused) return std::unexpected(unused.error());
  net::HttpResponse response = TextResponse(200, explainer.text());
  call.AddWarning(&response);
  return response;
}

}  // namespace clew::api

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/client/http_api.h"
#include "api/client/tempo_answers.h"
#include "base/vocabulary.h"

namespace clew::api::client {

/// What a query in TraceQL is asked for: traces, series over time, or one value for each series.
enum class TraceQlForm : std::uint8_t { kSearch, kRange, kInstant };

/// A query in TraceQL. Both times are inclusive, and of a search
/// sent to the second around them.
struct TraceQlCall {
  TraceQlForm form = TraceQlForm::kSearch;
  std::string query;
  UnixNanos start_min = 0;
  UnixNanos start_max = 0;
  /// Of kSearch: how many traces, and how many spans of a set come with one.
  std::size_t limit = 20;
  std::size_t spans_per_set = 3;
  /// Of kRange: the time between samples, "30s"; empty: the server chooses.
  std::string step{};
  /// "plan" or "run": a text about the question instead of its answer. Empty: the answer.
  std::string explain{};
};

/// Asks a running server over Tempo's HTTP API. Blocking; one thread. Errors: UNAVAILABLE when
/// nothing answers at the address, FAILED_PRECONDITION when what answers has no such endpoint,
/// UNIMPLEMENTED when that explains nothing, UNAUTHENTICATED when it wants a tenant,
/// INVALID_ARGUMENT when it finds fault with the query, else what the server says.
class TempoClient {
 public:
  static Result<std::unique_ptr<TempoClient>> Create(const HttpApiOptions& options);

  /// The answer as it comes: JSON, or the text that explains.
  Result<std::string> Ask(const TraceQlCall& call);

  /// The attributes that there are, as far as `query` says of which spans; it may be unfinished.
  Result<std::vector<ListedTag>> Tags(std::string_view query);
  /// The same of the values of one, `name` as in TraceQL.
  Result<std::vector<ListedValue>> TagValues(std::string_view name, std::string_view query);

  /// What the answers so far lack; see HttpApi.
  std::vector<std::string> left_out() const { return api_->left_out(); }

 private:
  Result<std::string> Get(const std::string& path);

  explicit TempoClient(std::unique_ptr<HttpApi> api) : api_(std::move(api)) {}

  const std::unique_ptr<HttpApi> api_;
};

/// The path and query of the call, e.g. "/api/search?q=%7B%7D&start=1&end=2&limit=20&spss=3".
std::string TraceQlPath(const TraceQlCall& call);

}  // namespace clew::api::client

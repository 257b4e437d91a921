#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/vocabulary.h"
#include "expr/expression.h"
#include "net/http_server.h"
#include "traceql/field_expression.h"
#include "traceql/naming.h"

namespace clew::api::tempo {

/// What holds for lists of tags and of their values.
struct TagParams {
  /// Both inclusive.
  std::optional<UnixNanos> start_min{};
  std::optional<UnixNanos> start_max{};
  /// 0: none.
  std::size_t limit = 0;
  /// What `q` says of spans, as far as it says something (traceql::ParseLenient).
  traceql::FieldExpression filter = traceql::Leaf(traceql::Static::Bool(true));
  traceql::Naming naming = traceql::Naming::kAllNames;
};
Result<TagParams> ParseTagParams(const net::HttpRequest& request);

/// Which scopes a list of tags is of.
struct TagScopes {
  struct Scope {
    std::string_view name;
    model::Owner owner;
  };
  std::vector<Scope> scopes{};
  bool has_intrinsics = false;
};
Result<TagScopes> ParseTagScopes(const net::HttpRequest& request);

/// The intrinsics in the order of Tempo's list (tempo-api.md section 5).
const std::vector<std::string_view>& IntrinsicNames();

/// Which spans the filter of `params` lets through, or some more: true when it says nothing. With
/// `asked`, whose values somebody wants to choose from, whatever it says of that.
Result<expr::Expression> ConditionOf(const TagParams& params,
                                     const std::optional<traceql::Attribute>& asked);

/// Whose values are asked for.
struct TagName {
  /// Nothing: the values are known, or not listed.
  std::optional<expr::Reference> reference{};
  /// All of them, which are keywords.
  std::vector<std::string_view> keywords{};
  /// The same in TraceQL.
  std::optional<traceql::Attribute> attribute{};
  /// Only the values that roots of traces have, whatever the filter says of other spans.
  bool is_of_roots = false;
};
/// A TraceQL identifier, as "span.http.url", ".foo", "rootName" or "event:name". INVALID_ARGUMENT
/// in Tempo's words for what is none.
Result<TagName> ParseTagName(std::string_view text);

}  // namespace clew::api::tempo

#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/tempo/answer_form.h"
#include "query/query_stats.h"

/// The forms of lists of tags and of their values, each as the parts of an answer (Written): JSON,
/// or the messages of Tempo's protobuf (tempo-api.md section 8).
namespace clew::api::tempo {

/// v1: names whatever their scope.
std::vector<std::string> NamesAnswer(MediaType type, const std::vector<std::string_view>& names,
                                     const query::QueryStats& stats);

/// v2: names by scope.
using ScopeNames = std::vector<std::pair<std::string_view, std::vector<std::string>>>;
std::vector<std::string> ScopesAnswer(MediaType type, const ScopeNames& scopes,
                                      const query::QueryStats& stats);

struct TypedValue {
  std::string_view type;
  std::string text;
};
/// v1: values whatever their type. Those of two types that are shown alike are one.
std::vector<std::string> ValuesAnswer(MediaType type, const std::vector<TypedValue>& values,
                                      const query::QueryStats& stats);
/// v2: values with their types; for language models by type.
std::vector<std::string> TypedValuesAnswer(MediaType type, const std::vector<TypedValue>& values,
                                           const query::QueryStats& stats);

}  // namespace clew::api::tempo

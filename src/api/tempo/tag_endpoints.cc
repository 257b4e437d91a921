#include "api/tempo/tag_endpoints.h"

#include <fmt/format.h>

#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "api/tempo/tag_forms.h"
#include "api/tempo/tag_params.h"
#include "query/collect.h"

namespace clew::api::tempo {
namespace {

// What an answer has room for.
class ByteCap {
 public:
  explicit ByteCap(const query::QueryContext& context) : context_(context) {}

  // False, which is noted, when it is full.
  bool Takes(std::string_view text) {
    if (text.size() <= left_) {
      left_ -= text.size();
      return true;
    }
    left_ = 0;
    if (context_.left_out != nullptr) {
      context_.left_out->Add(
          fmt::format("the list is cut: an answer holds up to {} bytes of it", kTagListBytesMax));
    }
    return false;
  }

 private:
  const query::QueryContext& context_;
  std::size_t left_ = kTagListBytesMax;
};

constexpr std::string_view kIntrinsicScope = "intrinsic";

Result<ScopeNames> TagNamesOf(query::QueryService& query, const query::QueryContext& context,
                              const TagParams& params, const TagScopes& wanted) {
  ScopeNames names;
  if (!wanted.scopes.empty()) {
    std::vector<model::Owner> owners;
    for (const TagScopes::Scope& scope : wanted.scopes) owners.push_back(scope.owner);
    query::ReadTags read{.start_min = params.start_min, .start_max = params.start_max};
    ASSIGN_OR_RETURN(read.condition, ConditionOf(params, std::nullopt));
    ASSIGN_OR_RETURN(
        auto tags,
        query::Collect<query::TagName>(
            query, query::TagsPlan(std::move(read), std::move(owners), params.limit), context));
    for (const TagScopes::Scope& scope : wanted.scopes) {
      std::vector<std::string> of_scope;
      for (query::TagName& tag : tags) {
        if (tag.owner == scope.owner) of_scope.push_back(std::move(tag.key));
      }
      if (!of_scope.empty()) names.emplace_back(scope.name, std::move(of_scope));
    }
  }
  return names;
}

// The names of all scopes, each once, that an answer has room for.
std::vector<std::string_view> Joined(const ScopeNames& scopes, ByteCap cap) {
  std::set<std::string_view> all;
  for (const auto& [scope, names] : scopes) all.insert(names.begin(), names.end());
  std::vector<std::string_view> joined;
  for (const std::string_view name : all) {
    if (!cap.Takes(name)) break;
    joined.push_back(name);
  }
  return joined;
}

// The names that an answer has room for. Intrinsics are few, and come whole whatever else there is.
void Fit(ScopeNames* scopes, ByteCap cap) {
  for (auto& [scope, names] : *scopes) {
    if (scope == kIntrinsicScope) continue;
    std::size_t count = 0;
    while (count < names.size() && cap.Takes(names[count])) ++count;
    names.resize(count);
  }
}

std::string_view TypeName(model::ValueType type) {
  switch (type) {
    case model::ValueType::kBool:
      return "bool";
    case model::ValueType::kInt:
      return "int";
    case model::ValueType::kDouble:
      return "float";
    default:
      return "string";
  }
}

Result<std::vector<TypedValue>> ValuesOf(query::QueryService& query,
                                         const query::QueryContext& context,
                                         const TagParams& params, const TagName& name) {
  std::vector<TypedValue> values;
  for (const std::string_view word : name.keywords) {
    if (params.limit == 0 || values.size() < params.limit) {
      values.push_back({"keyword", std::string(word)});
    }
  }
  if (!name.reference) return values;
  query::ReadTagValues read{
      .tag = *name.reference, .start_min = params.start_min, .start_max = params.start_max};
  if (name.is_of_roots) {
    read.condition = expr::Not(expr::Exists(expr::Of(expr::Field::kParentSpanId)));
  } else {
    ASSIGN_OR_RETURN(read.condition, ConditionOf(params, name.attribute));
  }
  ASSIGN_OR_RETURN(auto found,
                   query::Collect<query::TagValue>(
                       query, query::TagValuesPlan(std::move(read), params.limit), context));
  for (query::TagValue& value : found) {
    values.push_back({TypeName(value.type), std::move(value.text)});
  }
  return values;
}

// The values that an answer has room for.
void Fit(std::vector<TypedValue>* values, ByteCap cap) {
  std::size_t count = 0;
  while (count < values->size() && cap.Takes((*values)[count].text)) ++count;
  values->resize(count);
}

}  // namespace

Result<Written> ServeTagNames(query::QueryService& query, const QueryCall& call,
                              const net::HttpRequest& request, TagForm form) {
  ASSIGN_OR_RETURN(const MediaType type, FormOf(request));
  ASSIGN_OR_RETURN(const TagParams params, ParseTagParams(request));
  ASSIGN_OR_RETURN(const TagScopes wanted, ParseTagScopes(request));
  query::QueryStats stats;
  query::QueryContext context = call.context();
  context.stats = &stats;
  ASSIGN_OR_RETURN(ScopeNames scopes, TagNamesOf(query, context, params, wanted));
  // v1 has them only where nothing else is asked for.
  if (wanted.has_intrinsics && (form == TagForm::kV2 || wanted.scopes.empty())) {
    scopes.emplace_back(kIntrinsicScope,
                        std::vector<std::string>(IntrinsicNames().begin(), IntrinsicNames().end()));
  }
  if (form == TagForm::kV1) {
    return WholeAnswer(call, type, NamesAnswer(type, Joined(scopes, ByteCap(context)), stats));
  }
  Fit(&scopes, ByteCap(context));
  return WholeAnswer(call, type, ScopesAnswer(type, scopes, stats));
}

Result<Written> ServeTagValues(query::QueryService& query, const QueryCall& call,
                               const net::HttpRequest& request, const std::string& tag,
                               TagForm form) {
  ASSIGN_OR_RETURN(const MediaType type, FormOf(request, form == TagForm::kV2));
  ASSIGN_OR_RETURN(const TagParams params, ParseTagParams(request));
  TagName name;
  if (form == TagForm::kV2) {
    ASSIGN_OR_RETURN(name, ParseTagName(tag));
  } else {
    name.reference = expr::Attribute(expr::Scope::kSpanOrResource, tag);
    name.attribute = traceql::Attribute{.name = tag};
  }
  query::QueryStats stats;
  query::QueryContext context = call.context();
  context.stats = &stats;
  ASSIGN_OR_RETURN(std::vector<TypedValue> values, ValuesOf(query, context, params, name));
  Fit(&values, ByteCap(context));
  return WholeAnswer(call, type,
                     form == TagForm::kV1 ? ValuesAnswer(type, values, stats)
                                          : TypedValuesAnswer(type, values, stats));
}

}  // namespace clew::api::tempo

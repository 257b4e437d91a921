#include "api/tempo/tag_endpoints.h"

#include <fmt/format.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "api/tempo/tag_params.h"
#include "api/tempo/trace_params.h"
#include "api/text_source.h"
#include "query/collect.h"

namespace clew::api::tempo {
namespace {

using Json = rapidjson::Writer<rapidjson::StringBuffer>;

void Text(Json& json, std::string_view text) {
  json.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
}
void Key(Json& json, std::string_view key) {
  json.Key(key.data(), static_cast<rapidjson::SizeType>(key.size()));
}

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

// What 64-bit numbers are in the JSON of protobuf; those that are 0 are not there.
void Metrics(Json& json, const query::QueryStats& stats) {
  std::uint64_t bytes = 0;
  for (const query::OperatorStats& one : stats.operators) bytes += one.bytes_read;
  json.Key("metrics");
  json.StartObject();
  if (bytes > 0) {
    json.Key("inspectedBytes");
    Text(json, std::to_string(bytes));
  }
  json.EndObject();
}

// The rows of the list are counted until it is sent.
Result<net::HttpResponse> JsonResponse(const QueryCall& call, const rapidjson::StringBuffer& text) {
  net::HttpResponse response;
  response.content_type = "application/json";
  call.AddWarning(&response);
  auto whole = [memory = call.hold().memory,
                body = std::string(text.GetString(), text.GetSize())](std::string* out) {
    *out += body;
    return Result<bool>(false);
  };
  TRY(SetBody(std::move(whole), &response));
  return response;
}

// Which forms of an answer there are: JSON for all, and that for language models for typed values.
Result<MediaType> FormOf(const net::HttpRequest& request, bool has_llm) {
  const MediaType type = AcceptedType(request.headers.Get("Accept"));
  if (type == MediaType::kJson || (type == MediaType::kLlm && has_llm)) return type;
  return base::InvalidArgument(
      "{} is not served here, accept application/json",
      type == MediaType::kLlm ? "application/vnd.grafana.llm" : "application/protobuf");
}

constexpr std::string_view kIntrinsicScope = "intrinsic";

using ScopeNames = std::vector<std::pair<std::string_view, std::vector<std::string>>>;

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

void WriteV1(Json& json, const ScopeNames& scopes, ByteCap cap) {
  std::set<std::string_view> all;
  for (const auto& [scope, names] : scopes) all.insert(names.begin(), names.end());
  json.Key("tagNames");
  json.StartArray();
  for (const std::string_view name : all) {
    if (!cap.Takes(name)) break;
    Text(json, name);
  }
  json.EndArray();
}

void WriteV2(Json& json, const ScopeNames& scopes, ByteCap cap) {
  json.Key("scopes");
  json.StartArray();
  for (const auto& [scope, names] : scopes) {
    json.StartObject();
    json.Key("name");
    Text(json, scope);
    json.Key("tags");
    json.StartArray();
    for (const std::string& name : names) {
      // They are few, and come whole whatever else there is.
      if (scope != kIntrinsicScope && !cap.Takes(name)) break;
      Text(json, name);
    }
    json.EndArray();
    json.EndObject();
  }
  json.EndArray();
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

struct TypedValue {
  std::string_view type;
  std::string text;
};

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

// Values of two types that are shown alike are one.
void WriteV1(Json& json, const std::vector<TypedValue>& values) {
  std::set<std::string_view> known;
  json.StartArray();
  for (const TypedValue& value : values) {
    if (known.insert(value.text).second) Text(json, value.text);
  }
  json.EndArray();
}

void WriteV2(Json& json, const std::vector<TypedValue>& values) {
  json.StartArray();
  for (const TypedValue& value : values) {
    json.StartObject();
    json.Key("type");
    Text(json, value.type);
    json.Key("value");
    Text(json, value.text);
    json.EndObject();
  }
  json.EndArray();
}

void WriteLlm(Json& json, const std::vector<TypedValue>& values) {
  std::map<std::string_view, std::vector<std::string_view>> by_type;
  for (const TypedValue& value : values) by_type[value.type].push_back(value.text);
  json.StartObject();
  for (const auto& [type, texts] : by_type) {
    Key(json, type);
    json.StartArray();
    for (const std::string_view text : texts) Text(json, text);
    json.EndArray();
  }
  json.EndObject();
}

}  // namespace

Result<net::HttpResponse> ServeTagNames(query::QueryService& query, const QueryCall& call,
                                        const net::HttpRequest& request, TagForm form) {
  TRY(FormOf(request, false));
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
  rapidjson::StringBuffer buffer;
  Json json(buffer);
  json.StartObject();
  if (form == TagForm::kV1) {
    WriteV1(json, scopes, ByteCap(context));
  } else {
    WriteV2(json, scopes, ByteCap(context));
  }
  Metrics(json, stats);
  json.EndObject();
  return JsonResponse(call, buffer);
}

Result<net::HttpResponse> ServeTagValues(query::QueryService& query, const QueryCall& call,
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
  rapidjson::StringBuffer buffer;
  Json json(buffer);
  json.StartObject();
  json.Key("tagValues");
  if (form == TagForm::kV1) {
    WriteV1(json, values);
  } else if (type == MediaType::kLlm) {
    WriteLlm(json, values);
  } else {
    WriteV2(json, values);
  }
  Metrics(json, stats);
  json.EndObject();
  return JsonResponse(call, buffer);
}

}  // namespace clew::api::tempo

#include "api/tempo/grpc_methods.h"

#include <memory>
#include <utility>

#include "api/tempo/message_pipe.h"
#include "wire/tempo/requests.h"

namespace clew::api::tempo {
namespace {

using wire::tempo::Parameters;

constexpr std::string_view kSearchEndpoint = "/api/search";

// What a call asks, as a request over HTTP has it.
struct Asked {
  /// Of the HTTP API that asks the same.
  std::string_view endpoint;
  std::string tag;
  net::HttpRequest request;
};

using ReadParameters = Result<Parameters> (*)(std::string_view message);

net::HttpRequest RequestOf(const net::GrpcRequest& call, Parameters parameters, Deadline began) {
  net::HttpRequest request;
  request.method = "GET";
  request.query = std::move(parameters);
  request.headers.Add("Accept", "application/protobuf");
  for (const auto& [name, value] : call.metadata) request.headers.Add(name, value);
  request.client_address = call.client_address;
  request.arrived_at = began;
  request.cancelled = call.cancelled;
  return request;
}

/// Answers the calls of one method.
class Method {
 public:
  Method(const TempoApi& api, std::shared_ptr<const GrpcOptions> options, std::string_view endpoint,
         ReadParameters read)
      : api_(api), options_(std::move(options)), endpoint_(endpoint), read_(read) {}

  Result<net::GrpcAnswer> operator()(const net::GrpcRequest& call) const {
    const Deadline began = api_.clock().Time();
    auto asked = Read(call, began);
    if (!asked.has_value()) {
      Note(call.method, std::unexpected(asked.error()), began);
      return std::unexpected(std::move(asked).error());
    }
    auto pipe = std::make_shared<MessagePipe>();
    const auto early = [method = *this, name = call.method, asked = *asked, pipe] {
      method.Answer(name, asked, *pipe,
                    [&pipe](std::string message) { pipe->Put(std::move(message)); });
    };
    // All others know what they answer at their end only.
    const bool is_posted = endpoint_ == kSearchEndpoint && options_->post && options_->post(early);
    if (!is_posted) Answer(call.method, *asked, *pipe, {});
    return net::GrpcAnswer([pipe] { return pipe->Next(); });
  }

 private:
  Result<Asked> Read(const net::GrpcRequest& call, Deadline began) const {
    Asked asked{.endpoint = endpoint_, .tag = {}, .request = {}};
    Parameters parameters;
    if (read_ != nullptr) {
      ASSIGN_OR_RETURN(parameters, read_(call.message.view()));
    } else {
      ASSIGN_OR_RETURN(auto read, wire::tempo::ReadTagValuesRequest(call.message.view()));
      asked.tag = std::move(read.tag);
      parameters = std::move(read.parameters);
    }
    asked.request = RequestOf(call, std::move(parameters), began);
    return asked;
  }

  void Answer(const std::string& method, const Asked& asked, MessagePipe& pipe,
              const EarlyMessages& early) const {
    auto rest = api_.Messages(asked.endpoint, asked.tag, asked.request, early);
    Note(method, rest.has_value() ? Status() : std::unexpected(rest.error()),
         asked.request.arrived_at);
    pipe.End(std::move(rest));
  }

  void Note(std::string_view method, const Status& end, Deadline began) const {
    if (options_->on_answered) options_->on_answered(method, end, began);
  }

  const TempoApi& api_;
  std::shared_ptr<const GrpcOptions> options_;
  std::string_view endpoint_;
  /// Null: the request has a tag, too.
  ReadParameters read_;
};

}  // namespace

std::map<std::string, net::GrpcHandler> GrpcMethods(const TempoApi& api, GrpcOptions options) {
  const auto shared = std::make_shared<const GrpcOptions>(std::move(options));
  std::map<std::string, net::GrpcHandler> methods;
  const auto add = [&](std::string_view name, std::string_view endpoint, ReadParameters read) {
    methods.emplace("/tempopb.StreamingQuerier/" + std::string(name),
                    Method(api, shared, endpoint, read));
  };
  add("Search", kSearchEndpoint, wire::tempo::ReadSearchRequest);
  add("SearchTags", "/api/search/tags", wire::tempo::ReadTagsRequest);
  add("SearchTagsV2", "/api/v2/search/tags", wire::tempo::ReadTagsRequest);
  add("SearchTagValues", "/api/search/tag/{tag}/values", nullptr);
  add("SearchTagValuesV2", "/api/v2/search/tag/{tag}/values", nullptr);
  add("MetricsQueryRange", "/api/metrics/query_range", wire::tempo::ReadQueryRangeRequest);
  add("MetricsQueryInstant", "/api/metrics/query", wire::tempo::ReadQueryInstantRequest);
  return methods;
}

}  // namespace clew::api::tempo

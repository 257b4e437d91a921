#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "api/tempo/tempo_api.h"
#include "net/grpc_server.h"

namespace clew::api::tempo {

struct GrpcOptions {
  /// Has a task done on another thread, beside the one that sends; false when there is none. With
  /// it a search is answered while it goes on, without it when it has ended.
  std::function<bool(std::function<void()>)> post{};
  /// Hears of each call when all of its answer is made: the method, how it ended, and when it came
  /// to its turn. Any thread, short.
  std::function<void(std::string_view method, const Status& end, Deadline began)> on_answered{};
};

/// The methods of Tempo's `tempopb.StreamingQuerier` (tempo-api.md section 8). Each is answered as
/// the endpoint of the HTTP API that asks the same, by the same limits; of a list that is sent in
/// several messages each has entries of its own. Metadata names the tenants as headers do. `api`
/// outlives the calls, and the tasks that are posted.
std::map<std::string, net::GrpcHandler> GrpcMethods(const TempoApi& api, GrpcOptions options);

}  // namespace clew::api::tempo

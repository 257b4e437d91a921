#include "app/bench/verify_load.h"

#include <algorithm>

#include "api/client/query_client.h"

namespace clew::app::bench {
namespace {

constexpr std::size_t kCheckedTraces = 30;

}  // namespace

Status VerifyLoad(ServerProcess& server, const LoadResult& load) {
  ASSIGN_OR_RETURN(const double accepted, server.Metric("otelcol_receiver_accepted_spans"));
  if (accepted < static_cast<double>(load.span_count)) {
    return DataLoss("{} spans were acknowledged, but the server counts {}", load.span_count,
                    accepted);
  }
  ASSIGN_OR_RETURN(
      const auto client,
      api::client::QueryClient::Create(
          {.server = fmt::format("127.0.0.1:{}", server.ports().jaeger), .tenant = {}}));
  for (const SenderFacts& sender : load.senders) {
    const auto& remembered = sender.facts.remembered;
    const std::size_t step =
        std::max<std::size_t>(1, remembered.size() * load.senders.size() / kCheckedTraces);
    for (std::size_t i = 0; i < remembered.size(); i += step) {
      ASSIGN_OR_RETURN(const model::TraceData trace, client->FindTrace(remembered[i].id));
      if (trace.spans.size() != remembered[i].span_count) {
        return DataLoss("trace {} has {} spans, but {} were sent", remembered[i].id.ToHex(),
                        trace.spans.size(), remembered[i].span_count);
      }
    }
  }
  return {};
}

}  // namespace clew::app::bench

#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/compression.h"
#include "base/vocabulary.h"
#include "net/tls.h"

namespace clew::net {

struct GrpcClientOptions {
  /// As gRPC names targets: host:port, dns:///…, unix:…; http:// and https:// are stripped.
  std::string endpoint;
  /// Nothing: plaintext.
  std::optional<TlsOptions> tls;
  /// kNone or kGzip (what gRPC's C++ library can send).
  base::Compression compression = base::Compression::kNone;
  std::map<std::string, std::string> headers;
  std::string user_agent;
  std::string authority;
  bool wait_for_ready = false;
  Nanos keepalive_time{0};  // 0: off
  Nanos keepalive_timeout{0};
  bool keepalive_permit_without_stream = false;
  std::string balancer_name = "round_robin";
  /// Whose deadlines it is given. Outlives the client.
  const Clock* clock = &base::SystemTime();
};

/// Blocking unary calls over one kept channel, without generated messages. Any thread, several at
/// once.
class GrpcClient {
 public:
  virtual ~GrpcClient() = default;
  static Result<std::unique_ptr<GrpcClient>> Create(const GrpcClientOptions& options);
  /// Ends calls under way and refuses later ones, with CANCELLED. Returns before they have ended.
  virtual void Cancel() = 0;
  /// Sends `pieces` as one message without copying them; they stay alive until the call ends.
  /// Fails with the status of the server, of whose text the beginning is told
  /// (base::kExplanationBytesMax); RetryInfo becomes retry_after.
  virtual Result<std::string> Call(const std::string& method, const std::vector<Bytes>& pieces,
                                   Deadline deadline) = 0;
};

}  // namespace clew::net

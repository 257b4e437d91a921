#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/compression.h"
#include "base/vocabulary.h"
#include "wire/otlp/response.h"

namespace clew::app::send {

enum class Protocol { kGrpc, kHttp };

/// What an endpoint speaks that nothing else is said of: HTTP when it is a URL of http or https,
/// but gRPC at its usual port, which SDKs write as a URL, too.
Protocol ProtocolFor(std::string_view endpoint);

struct OtlpClientOptions {
  Protocol protocol = Protocol::kGrpc;
  /// host:port, or a URL; https:// means TLS with the system's roots. Empty: the default port of
  /// the protocol on localhost.
  std::string endpoint;
  base::Compression compression = base::Compression::kNone;
  std::map<std::string, std::string> headers;
};

/// Sends OTLP trace requests from the command line. Any thread, several at once.
class OtlpClient {
 public:
  virtual ~OtlpClient() = default;
  static Result<std::unique_ptr<OtlpClient>> Create(const OtlpClientOptions& options);
  /// One attempt. `request` is an encoded ExportTraceServiceRequest.
  virtual Result<wire::otlp::PartialSuccess> Send(const Bytes& request, Deadline deadline) = 0;
  /// Where it sends, for messages: without a password.
  virtual const std::string& endpoint() const = 0;
};

}  // namespace clew::app::send

#pragma once

#include <grpc/grpc.h>

#include <memory>
#include <optional>

#include "base/vocabulary.h"
#include "net/tls.h"

namespace clew::net {

struct ChannelCredentialsDeleter {
  void operator()(grpc_channel_credentials* credentials) const {
    grpc_channel_credentials_release(credentials);
  }
};
using ChannelCredentialsPtr = std::unique_ptr<grpc_channel_credentials, ChannelCredentialsDeleter>;

/// No options: plaintext. gRPC speaks TLS 1.2 and 1.3, so options that ask for less are refused.
Result<ChannelCredentialsPtr> MakeChannelCredentials(const std::optional<TlsOptions>& options);

}  // namespace clew::net

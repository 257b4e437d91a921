#pragma once

#include <string>

#include "model/signal.h"
#include "pipeline/config/binder.h"
#include "pipeline/settings/http_client.h"
#include "pipeline/settings/sending.h"

namespace clew::pipeline::exporters::otlp_http {

/// collector-config.md section 8, otlp_http.
class Config final : public settings::HttpClientSection {
 public:
  Config();
  void Describe(Binder& binder) override;
  void Validate(Problems& problems) const override;

  /// Where items of the signal go: its own endpoint as it is, else a path below `endpoint`.
  /// INVALID_ARGUMENT when neither is given.
  Result<std::string> UrlOf(model::Signal signal) const;

  std::string traces_endpoint;
  std::string metrics_endpoint;
  std::string logs_endpoint;
  std::string profiles_endpoint;
  std::string encoding = "proto";
  settings::SendingSections sending;

 private:
  const std::string& OwnEndpoint(model::Signal signal) const;
};

}  // namespace clew::pipeline::exporters::otlp_http

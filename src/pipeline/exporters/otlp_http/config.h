#pragma once

#include <string>

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

  /// Where spans go: traces_endpoint as it is, else below endpoint.
  std::string traces_url() const;

  std::string traces_endpoint;
  std::string metrics_endpoint;
  std::string logs_endpoint;
  std::string profiles_endpoint;
  std::string encoding = "proto";
  settings::SendingSections sending;
};

}  // namespace clew::pipeline::exporters::otlp_http

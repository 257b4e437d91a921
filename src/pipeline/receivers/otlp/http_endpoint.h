#pragma once

#include <string>

#include "net/http_server.h"
#include "pipeline/receivers/otlp/config.h"
#include "pipeline/receivers/otlp/http_body.h"
#include "pipeline/receivers/otlp/http_head.h"
#include "pipeline/receiving/intake.h"

namespace clew::pipeline::receivers::otlp {

/// OTLP/HTTP: from an HTTP request to its answer, errors in OTLP's form (google.rpc.Status in the
/// request's content type). Any thread.
class HttpEndpoint {
 public:
  /// `intake` outlives this.
  HttpEndpoint(const HttpSection& section, const receiving::TenancySection& tenancy,
               receiving::Intake& intake);
  HttpEndpoint(const HttpEndpoint&) = delete;
  HttpEndpoint& operator=(const HttpEndpoint&) = delete;

  /// Until the answer is there this must live.
  base::Later<net::HttpResponse> Handle(const net::HttpRequest& request);
  /// For requests that the server refuses itself (net/http_server.h).
  net::HttpResponse Refuse(int status, const std::string& message, const net::HttpRequest& request);

 private:
  net::HttpResponse Answer(const Refusal& refusal, const net::HttpRequest& request);

  const HttpSection& section_;
  const receiving::TenancySection& tenancy_;
  const HttpHead head_;
  receiving::Intake& intake_;
  const HttpBodyReader body_reader_{section_, head_, intake_};
};

}  // namespace clew::pipeline::receivers::otlp

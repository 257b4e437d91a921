#pragma once

#include <expected>
#include <string>

#include "net/http_server.h"
#include "pipeline/receivers/otlp/config.h"
#include "pipeline/receivers/otlp/http_answers.h"
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

  /// Until the answer is there this must live.
  base::Later<net::HttpResponse> Handle(const net::HttpRequest& request);
  /// For requests that the server refuses itself (net/http_server.h).
  net::HttpResponse Refuse(int status, const std::string& message, const net::HttpRequest& request);

 private:
  std::expected<Bytes, Refusal> Decompress(const net::HttpRequest& request,
                                           base::MemoryHold& hold) const;
  receiving::Intake::LaterAnswer Take(model::Signal signal, const net::HttpRequest& request,
                                      Encoding encoding, Bytes body, const Context& context,
                                      base::MemoryHold hold);
  net::HttpResponse Answer(const Refusal& refusal, const net::HttpRequest& request);

  const HttpSection& section_;
  const receiving::TenancySection& tenancy_;
  const HttpHead head_;
  receiving::Intake& intake_;
};

}  // namespace clew::pipeline::receivers::otlp

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/http_server.h"
#include "pipeline/receivers/otlp/config.h"
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
  enum class Encoding { kProtobuf, kJson };
  /// Why a request is refused, as sender and metric hear it.
  struct Refusal {
    int status;
    const char* reason;
    Error error;
  };

  struct Path {
    std::string path;
    model::Signal signal;
  };

  static std::vector<Path> PathsOf(const HttpSection& section, model::SignalSet signals);
  /// Nothing for a path that takes none.
  std::optional<model::Signal> SignalOf(std::string_view path) const;
  std::optional<Refusal> CheckHead(const net::HttpRequest& request) const;
  std::expected<Bytes, Refusal> Decompress(const net::HttpRequest& request,
                                           base::MemoryHold& hold) const;
  receiving::Intake::LaterAnswer Take(model::Signal signal, const net::HttpRequest& request,
                                      Encoding encoding, Bytes body, const Context& context,
                                      base::MemoryHold hold);
  Refusal TooLarge() const;

  static std::optional<Encoding> EncodingOf(std::string_view content_type);
  net::HttpResponse Answer(const Refusal& refusal, const net::HttpRequest& request);
  static net::HttpResponse AnswerTaken(const Result<wire::otlp::PartialSuccess>& taken,
                                       model::Signal signal, Encoding encoding);
  static net::HttpResponse AnswerError(int status, const Error& error, Encoding encoding);

  const HttpSection& section_;
  const receiving::TenancySection& tenancy_;
  const std::vector<Path> paths_;
  receiving::Intake& intake_;
};

}  // namespace clew::pipeline::receivers::otlp

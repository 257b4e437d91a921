#include <cstddef>
#include <cstdint>
#include <string_view>

#include "api/jaeger/jaeger_api.h"
#include "query/testing/fake_query_service.h"

namespace {

using clew::net::HttpRequest;

/// The first line is method, space and target; what follows is the body.
HttpRequest ReadRequest(std::string_view input) {
  HttpRequest request;
  request.arrived_at = clew::base::SystemTime().Time();
  const std::string_view line = input.substr(0, input.find('\n'));
  if (line.size() < input.size()) {
    request.body = clew::Bytes(std::string(input.substr(line.size() + 1)));
  }
  const std::size_t space = line.find(' ');
  request.method = line.substr(0, space);
  const std::string_view target = space == std::string_view::npos ? "" : line.substr(space + 1);
  const std::size_t mark = target.find('?');
  request.path = target.substr(0, mark);
  std::string_view rest = mark == std::string_view::npos ? "" : target.substr(mark + 1);
  while (!rest.empty()) {
    const std::string_view pair = rest.substr(0, rest.find('&'));
    rest.remove_prefix(pair.size() < rest.size() ? pair.size() + 1 : pair.size());
    const std::size_t equals = pair.find('=');
    request.query.emplace_back(clew::net::PercentDecode(pair.substr(0, equals), true),
                               equals == std::string_view::npos
                                   ? ""
                                   : clew::net::PercentDecode(pair.substr(equals + 1), true));
  }
  return request;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  clew::base::ManualClock clock(1'700'000'000'000'000'000);
  clew::query::FakeQueryService query;
  const clew::api::jaeger::JaegerApi api(query, clock, {});
  api.Handle(ReadRequest(input));
  return 0;
}

#include "wire/tempo/trace_by_id.h"

#include <protozero/pbf_writer.hpp>

namespace clew::wire::tempo {
namespace {

enum Field : protozero::pbf_tag_type { kTrace = 1, kMetrics = 2 };

}  // namespace

std::string EncodeTraceByIdResponse(std::string_view trace) {
  std::string message;
  message.reserve(trace.size() + 16);
  protozero::pbf_writer writer(message);
  writer.add_message(kTrace, trace.data(), trace.size());
  writer.add_message(kMetrics, "", 0);
  return message;
}

}  // namespace clew::wire::tempo

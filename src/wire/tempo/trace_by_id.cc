#include "wire/tempo/trace_by_id.h"

#include <protozero/pbf_writer.hpp>

namespace clew::wire::tempo {
namespace {

enum Field : protozero::pbf_tag_type { kTrace = 1, kMetrics = 2, kStatus = 3, kMessage = 4 };
enum Status { kPartial = 1 };

}  // namespace

std::string EncodeTraceByIdPart(std::string_view trace) {
  std::string message;
  message.reserve(trace.size() + 16);
  protozero::pbf_writer(message).add_message(kTrace, trace.data(), trace.size());
  return message;
}

std::string EncodeTraceByIdEnd(std::string_view partial) {
  std::string message;
  protozero::pbf_writer writer(message);
  writer.add_message(kMetrics, "", 0);
  if (!partial.empty()) {
    writer.add_enum(kStatus, kPartial);
    writer.add_string(kMessage, partial.data(), partial.size());
  }
  return message;
}

}  // namespace clew::wire::tempo

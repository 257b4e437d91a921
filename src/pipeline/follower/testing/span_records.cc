#include "pipeline/follower/testing/span_records.h"

namespace clew::pipeline::testing {
namespace {

/// A protobuf field of wire type 2; `content` is shorter than 128 bytes.
std::string Field(int number, const std::string& content) {
  std::string text;
  text += static_cast<char>(number << 3 | 2);
  text += static_cast<char>(content.size());
  return text + content;
}

}  // namespace

std::string OneSpanRequest(const std::string& span_name) {
  const std::string span =
      Field(1, std::string(16, '\x01')) + Field(2, std::string(8, '\x02')) + Field(5, span_name);
  return Field(1, Field(2, Field(2, span)));
}

log::Appended AppendSpan(log::Log& log, const std::string& pipeline, const std::string& span_name) {
  log::Record record;
  record.pipeline = pipeline;
  record.body = Bytes(OneSpanRequest(span_name));
  return *log.Append(record).Wait();
}

}  // namespace clew::pipeline::testing

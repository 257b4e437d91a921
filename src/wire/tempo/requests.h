#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/vocabulary.h"

/// Requests of Tempo's StreamingQuerier (tempo-api.md section 8). Each asks what an endpoint of its
/// HTTP API is asked by parameters, and is read as these: so both are checked and answered alike.
/// What has the value that protobuf takes for granted is not there. INVALID_ARGUMENT for bytes that
/// are no message.
namespace clew::wire::tempo {

/// Names and values, not escaped, in the order of the message.
using Parameters = std::vector<std::pair<std::string, std::string>>;

Result<Parameters> ReadSearchRequest(std::string_view message);
Result<Parameters> ReadTagsRequest(std::string_view message);

struct TagValuesRequest {
  std::string tag;
  Parameters parameters;
};
Result<TagValuesRequest> ReadTagValuesRequest(std::string_view message);

/// Times in nanoseconds are written with more than the ten digits of seconds, whatever they are.
Result<Parameters> ReadQueryRangeRequest(std::string_view message);
Result<Parameters> ReadQueryInstantRequest(std::string_view message);

}  // namespace clew::wire::tempo

#include "pipeline/receiving/limits.h"

#include <cstdint>
#include <string_view>

namespace clew::pipeline::receiving {
namespace {

constexpr std::uint64_t kNestingDepthMax = 128;

void CheckPositive(std::string_view key, std::uint64_t value, Problems& problems) {
  if (value == 0) {
    problems.Add(key, "must be greater than zero");
  }
}

}  // namespace

void LimitsSection::Describe(Binder& binder) {
  binder.Field("max_attributes", &limits.attribute_count_max,
               "Attributes kept of each span, event, link, scope and resource.");
  binder.Field("max_attribute_key_bytes", &limits.attribute_key_bytes_max,
               "Bytes kept of each attribute key; all text is cut between characters.");
  binder.Field(
      "max_attribute_value_bytes", &limits.attribute_value_bytes_max,
      "Bytes kept of each text or bytes value, status message and trace state; an array or "
      "a map of more bytes, as OTLP encodes it, becomes empty.");
  binder.Field("max_name_bytes", &limits.name_bytes_max,
               "Bytes kept of the names of spans, events and scopes, of versions and schema URLs.");
  binder.Field("max_events", &limits.event_count_max, "Events kept of each span.");
  binder.Field("max_links", &limits.link_count_max, "Links kept of each span.");
  binder.Field("max_nesting_depth", &limits.nesting_depth_max,
               "Arrays and maps within each other; deeper values become empty.");
  binder.Field(
      "max_entity_refs", &limits.entity_ref_count_max,
      "Entity references kept of each resource; one that is larger than a value may be, or "
      "has more keys than a resource may have attributes, is left out.");
  binder.Field(
      "max_attribute_keys", &limits.attribute_keys_max,
      "Distinct attribute keys kept of a request; attributes with further keys are dropped.");
}

void LimitsSection::Validate(Problems& problems) const {
  CheckPositive("max_attributes", limits.attribute_count_max, problems);
  CheckPositive("max_attribute_key_bytes", limits.attribute_key_bytes_max, problems);
  CheckPositive("max_name_bytes", limits.name_bytes_max, problems);
  CheckPositive("max_attribute_value_bytes", limits.attribute_value_bytes_max, problems);
  CheckPositive("max_events", limits.event_count_max, problems);
  CheckPositive("max_links", limits.link_count_max, problems);
  CheckPositive("max_entity_refs", limits.entity_ref_count_max, problems);
  CheckPositive("max_attribute_keys", limits.attribute_keys_max, problems);
  if (limits.nesting_depth_max == 0 || limits.nesting_depth_max > kNestingDepthMax) {
    problems.Add("max_nesting_depth", fmt::format("must be between 1 and {}: {}", kNestingDepthMax,
                                                  limits.nesting_depth_max));
  }
}

}  // namespace clew::pipeline::receiving

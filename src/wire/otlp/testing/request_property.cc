#include "wire/otlp/testing/request_property.h"

#include <fmt/core.h>

#include "wire/otlp/codec.h"
#include "wire/otlp/json.h"
#include "wire/otlp/walk_items.h"

namespace clew::wire::otlp::testing {

std::string FaultOf(model::Signal signal, std::string_view bytes) {
  const SignalShape& shape = ShapeOf(signal);
  const auto count = [&](std::string_view request) {
    return WalkItems(shape, request, WalkDepth::kEverything);
  };
  const auto counts = count(bytes);
  if (!counts.has_value()) return "";
  const std::uint64_t item_count = counts->item_count(shape);

  for (const std::size_t item_count_max : {1u, 2u, 3u}) {
    const auto parts = ItemCodecOf(signal).Split({Bytes(std::string(bytes))}, item_count_max);
    if (!parts.has_value()) return "cannot be cut: " + parts.error().message;
    std::uint64_t sum = 0;
    for (const model::CountedRequest& part : *parts) {
      const auto counted = count(part.request.view());
      if (!counted.has_value()) return "a part is malformed: " + counted.error().message;
      if (counted->item_count(shape) != part.item_count) return "a part is miscounted";
      sum += part.item_count;
    }
    if (sum != item_count) return fmt::format("{} of {} items are in parts", sum, item_count);
  }

  const auto json = RequestToJson(signal, bytes);
  if (!json.has_value()) return "no JSON: " + json.error().message;
  const auto protobuf = RequestFromJson(signal, *json);
  if (!protobuf.has_value()) return "no JSON that can be read: " + protobuf.error().message;
  if (RequestToJson(signal, *protobuf).value_or("") != *json) return "other JSON the second time";
  return "";
}

}  // namespace clew::wire::otlp::testing

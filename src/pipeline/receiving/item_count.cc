#include "pipeline/receiving/item_count.h"

#include "wire/otlp/walk_items.h"

namespace clew::pipeline::receiving {

Status CheckHasResources(model::Signal signal, std::uint64_t resource_count,
                         std::string_view body) {
  if (resource_count > 0 || body.empty()) return {};
  const wire::otlp::SignalShape& shape = wire::otlp::ShapeOf(signal);
  return base::InvalidArgument(
      "the body of {} bytes holds no {}: send an {}, and over gRPC one that is not compressed or "
      "with gzip, deflate, zstd or snappy",
      body.size(), shape.resources_name, shape.request_name);
}

Result<std::uint64_t> CountItems(model::Signal signal, std::string_view body) {
  const wire::otlp::SignalShape& shape = wire::otlp::ShapeOf(signal);
  ASSIGN_OR_RETURN(const wire::otlp::ItemCounts counts,
                   wire::otlp::WalkItems(shape, body, wire::otlp::WalkDepth::kEverything));
  TRY(CheckHasResources(signal, counts.resource_count(), body));
  return counts.item_count(shape);
}

}  // namespace clew::pipeline::receiving

#include "pipeline/config/log_place.h"

namespace clew::pipeline {

LogPlace FindLogPlace(const Config& config, const PipelineConfig& pipeline) {
  LogPlace place;
  for (const std::string& id : pipeline.processors) {
    const ComponentConfig* processor = config.Find(ComponentKind::kProcessor, id);
    if (processor == nullptr) continue;
    const Placement placement = processor->factory->placement;
    if (place.behind.empty() && placement == Placement::kAnywhere) {
      place.before.push_back(id);
      continue;
    }
    place.behind.push_back(id);
    if (placement != Placement::kBehindLogRegrouping && place.holds_store.empty()) {
      place.holds_store = id;
    }
  }
  return place;
}

}  // namespace clew::pipeline

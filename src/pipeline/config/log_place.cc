#include "pipeline/config/log_place.h"

namespace clew::pipeline {

LogPlace FindLogPlace(const Config& config, const PipelineConfig& pipeline) {
  LogPlace place;
  for (const std::string& id : pipeline.processors) {
    const ComponentConfig* processor = config.Find(ComponentKind::kProcessor, id);
    if (processor == nullptr) continue;
    const Placement placement = processor->factory->placement;
    if (placement == Placement::kBehindLog && place.holds_store.empty()) place.holds_store = id;
    if (placement == Placement::kAnywhere && place.holds_store.empty()) {
      place.before.push_back(id);
      if (!place.behind.empty()) place.moved.push_back(id);
    } else {
      place.behind.push_back(id);
    }
  }
  return place;
}

}  // namespace clew::pipeline

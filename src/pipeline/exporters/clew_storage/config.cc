#include "pipeline/exporters/clew_storage/config.h"

namespace clew::pipeline::exporters::clew_storage {

void Config::Describe(Binder& binder) {
  binder.Field("storage", &storage, "Id of the clew_storage extension that keeps the spans.");
}

void Config::Validate(Problems& problems) const {
  if (storage.empty()) problems.Add("storage", "must name a clew_storage extension");
}

}  // namespace clew::pipeline::exporters::clew_storage

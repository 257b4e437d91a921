#pragma once

#include <string>

#include "pipeline/config/binder.h"

namespace clew::pipeline::exporters::clew_storage {

class Config final : public Section {
 public:
  void Describe(Binder& binder) override;
  void Validate(Problems& problems) const override;
  std::string_view StorageId() const override { return storage; }

  std::string storage = "clew_storage";
};

}  // namespace clew::pipeline::exporters::clew_storage

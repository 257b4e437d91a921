#pragma once

#include <string>

#include "pipeline/config/binder.h"

namespace clew::pipeline::receiving {

/// Whose data it is, as the sender says.
class TenancySection final : public Section {
 public:
  void Describe(Binder& binder) override;
  void Validate(Problems& problems) const override;

  bool enabled = false;
  std::string header = "X-Scope-OrgID";
};

}  // namespace clew::pipeline::receiving

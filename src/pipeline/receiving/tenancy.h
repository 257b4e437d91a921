#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/vocabulary.h"
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

/// The tenant of a request whose tenancy header is `value`. UNAUTHENTICATED "no org id" when the
/// header is needed and missing, INVALID_ARGUMENT when it is no tenant's name.
Result<TenantId> TenantOf(const TenancySection& section, std::optional<std::string_view> value);

}  // namespace clew::pipeline::receiving

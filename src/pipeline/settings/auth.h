#pragma once

#include <string>

#include "pipeline/config/binder.h"

namespace clew::pipeline::settings {

/// `auth: {authenticator: id}` of servers and clients. No authenticator exists in this release: a
/// file that names one is refused, so that nobody believes a port to be guarded that is not.
class AuthSection final : public Section {
 public:
  void Describe(Binder& binder) override;
  void Validate(Problems& problems) const override;

  std::string authenticator;
};

}  // namespace clew::pipeline::settings

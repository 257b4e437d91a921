#pragma once

#include "pipeline/config/binder.h"
#include "wire/otlp/limits.h"

namespace clew::pipeline::receiving {

/// How much of a span is kept (wire/otlp/limits.h).
class LimitsSection final : public Section {
 public:
  void Describe(Binder& binder) override;
  void Validate(Problems& problems) const override;

  wire::otlp::DecodeLimits limits;
};

}  // namespace clew::pipeline::receiving

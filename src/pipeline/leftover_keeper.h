#pragma once

#include "base/vocabulary.h"
#include "model/batch.h"
#include "pipeline/context.h"

namespace clew::pipeline {

/// Who takes what a processor could not hand on before a reload.
class LeftoverHeir {
 public:
  virtual ~LeftoverHeir() = default;
  /// Before Start. The error says why there is no room.
  virtual Status Inherit(const model::BatchPtr& batch, const Context& context) = 0;
};

/// What a processor is besides that answers before it hands on: so that a reload loses nothing of
/// what it has taken, it is left to the processor of the same id in the same pipeline, whose
/// settings may be others. Found by dynamic_cast. One thread, as Start and Stop.
class LeftoverKeeper : public LeftoverHeir {
 public:
  /// Before Stop: what cannot be handed on any more, for a reason that passes, is kept and not
  /// dropped. What has a delivery token goes back to its source all the same.
  virtual void KeepLeftovers() = 0;
  /// After Stop, or in its place when it was never started: gives all that was kept to `heir`. What
  /// that does not take is dropped, counted and logged; so is everything when there is none.
  virtual void LeaveTo(LeftoverHeir* heir) = 0;
};

}  // namespace clew::pipeline

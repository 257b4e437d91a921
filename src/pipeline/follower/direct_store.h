#pragma once

#include <memory>

#include "log/log.h"
#include "model/batch.h"
#include "pipeline/context.h"

namespace clew::pipeline {

/// What an exporter with Placement::kAtLog is besides when the log stage may hand it each batch
/// itself, so that what is acknowledged can be found. Found by dynamic_cast; one that is not, and
/// one behind processors that hold spans back, gets them by Consume from the pipeline's follower.
/// Any thread.
class DirectStore {
 public:
  /// Room for one batch: nothing refuses it any more. Destroyed without Take when the log refuses.
  class Admission {
   public:
    virtual ~Admission() = default;
    /// Once: the record lies at `where`. The spans can be found when this returns.
    virtual void Take(const log::Appended& where) = 0;
  };

  virtual ~DirectStore() = default;
  /// To be called before the batch is appended: whatever could refuse it is asked here.
  virtual Result<std::unique_ptr<Admission>> Admit(const model::BatchPtr& batch,
                                                   const Context& context) = 0;
};

}  // namespace clew::pipeline

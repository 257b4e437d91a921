#include "pipeline/graph/log_stage.h"

#include <chrono>
#include <utility>

#include "log/batch_record.h"

namespace clew::pipeline {

void LogStage::Open(std::shared_ptr<log::Log> log) {
  const std::scoped_lock lock(mutex_);
  log_.swap(log);  // the old one is released behind the lock
}

std::shared_ptr<log::Log> LogStage::log() const {
  const std::scoped_lock lock(mutex_);
  return log_;
}

// In this order: who could refuse is asked first, since what lies in the log is acknowledged by
// everyone who reads it; and the sender hears of it last, so that what was acknowledged is found.
LaterReceipt LogStage::Consume(const model::BatchPtr& batch, const Context& context) {
  const std::shared_ptr<log::Log> log = this->log();
  if (log == nullptr) {
    return std::unexpected(Error{Code::kUnavailable, "the store has been stopped, try again",
                                 std::chrono::seconds(1)});
  }
  // What cannot be read must not be acknowledged, whoever is to read it.
  const Result<model::SpanColumnsPtr> columns = batch->columns();
  if (columns.has_value() && (*columns)->span_count() == 0) return Receipt{};
  std::unique_ptr<DirectStore::Admission> admission;
  if (store_ != nullptr) {
    ASSIGN_OR_RETURN(admission, store_->Admit(batch, context));
  }
  if (!columns.has_value()) return std::unexpected(columns.error());
  log::Record record = log::RecordOf(*batch, **columns);
  record.tenant = context.tenant;
  record.pipeline = pipeline_;
  record.received_at = clock_.Now();
  record.is_for_follower = store_ == nullptr;
  return log->Append(std::move(record))
      .MapBy([admission = std::move(admission)](
                 const Result<log::Appended>& where) mutable -> Result<Receipt> {
        // Gone before anybody hears of it: what was refused is counted then.
        const std::unique_ptr<DirectStore::Admission> admitted = std::move(admission);
        if (!where.has_value()) return std::unexpected(where.error());
        if (admitted != nullptr) admitted->Take(*where);
        return Receipt{};
      });
}

}  // namespace clew::pipeline

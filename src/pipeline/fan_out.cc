#include "pipeline/fan_out.h"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace clew::pipeline {
namespace {

void MergeError(std::optional<Error>& merged, Error error) {
  if (!merged) {
    merged = std::move(error);
    return;
  }
  const bool is_permanent = !merged->is_retryable() || !error.is_retryable();
  if (merged->is_retryable()) merged->code = error.is_retryable() ? merged->code : error.code;
  if (error.message != merged->message) merged->message += "; " + error.message;
  if (is_permanent) {
    merged->retry_after.reset();
  } else if (error.retry_after) {
    merged->retry_after = std::max(merged->retry_after.value_or(Nanos(0)), *error.retry_after);
  }
}

/// What all have said, when they have.
Result<Receipt> Merge(std::vector<Result<Receipt>>& results) {
  Receipt receipt;
  std::optional<Error> merged;
  for (Result<Receipt>& result : results) {
    if (result.has_value()) {
      receipt.Merge(*result);
    } else {
      MergeError(merged, std::move(result).error());
    }
  }
  if (merged) return std::unexpected(std::move(*merged));
  return receipt;
}

/// The receipts of one batch; the last to come gives the answer.
struct Receipts {
  Receipts(std::size_t count, LaterReceipt::Promise answer)
      : results(count), missing(count + 1), promise(std::move(answer)) {}

  /// One more is there; the first is that all have been asked.
  void Count() {
    if (--missing == 0) promise.Keep(Merge(results));
  }

  std::vector<Result<Receipt>> results;
  std::atomic<std::size_t> missing;
  LaterReceipt::Promise promise;
};

}  // namespace

LaterReceipt FanOut::Consume(const model::BatchPtr& batch, const Context& context) {
  if (consumers_.empty()) {
    return base::MakeError(Code::kInternal, "a batch of {} came where no pipeline takes it",
                           NameOf(batch->signal()));
  }
  if (consumers_.size() == 1) return consumers_.front()->Consume(batch, context);
  auto [answer, promise] = LaterReceipt::Promised();
  const auto receipts = std::make_shared<Receipts>(consumers_.size(), std::move(promise));
  for (std::size_t i = 0; i < consumers_.size(); ++i) {
    consumers_[i]->Consume(batch, context).Then([receipts, i](Result<Receipt> receipt) {
      receipts->results[i] = std::move(receipt);
      receipts->Count();
    });
  }
  receipts->Count();
  return std::move(answer);
}

}  // namespace clew::pipeline

#include "pipeline/fan_out.h"

#include <algorithm>
#include <optional>
#include <utility>

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

}  // namespace

Result<Receipt> FanOut::Consume(const model::BatchPtr& batch, const Context& context) {
  Receipt receipt;
  std::optional<Error> merged;
  for (Consumer* consumer : consumers_) {
    Result<Receipt> result = consumer->Consume(batch, context);
    if (result) {
      receipt.Merge(*result);
    } else {
      MergeError(merged, std::move(result).error());
    }
  }
  if (merged) return std::unexpected(std::move(*merged));
  return receipt;
}

}  // namespace clew::pipeline

#include "storage/failure_episode.h"

#include <chrono>

#include "base/logging.h"

namespace clew::storage {

void FailureEpisode::Add(const Error& error, Nanos now) {
  constexpr std::chrono::minutes kOtherWords{1};
  const bool is_news = !is_under_way_ || error.code != code_ ||
                       (error.message != message_ && now - logged_at_ >= kOtherWords);
  is_under_way_ = true;
  code_ = error.code;
  if (!is_news) return;
  message_ = error.message;
  logged_at_ = now;
  base::Log(base::LogLevel::kError, what_, {{"error", error.message}});
}

}  // namespace clew::storage

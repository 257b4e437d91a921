#include "storage/failure_episode.h"

#include <chrono>

#include "base/logging.h"

namespace clew::storage {

void FailureEpisode::Add(const Error& error, Nanos now) {
  const bool is_news = !is_under_way_ || error.code != code_;
  is_under_way_ = true;
  code_ = error.code;
  AddRound(error, is_news, 1, now);
}

void FailureEpisode::AddRound(const Error& error, bool is_news, std::uint64_t count, Nanos now) {
  constexpr std::chrono::minutes kOtherWords{1};
  if (!is_news && (error.message == message_ || now - logged_at_ < kOtherWords)) return;
  message_ = error.message;
  logged_at_ = now;
  base::Log(base::LogLevel::kError, what_,
            {{"error", error.message}, {"failures", std::to_string(count)}});
}

}  // namespace clew::storage

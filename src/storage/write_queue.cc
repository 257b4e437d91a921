#include "storage/write_queue.h"

#include <algorithm>
#include <utility>

namespace clew::storage {

void WriteQueue::Add(const WriteJobPtr& job) {
  job->number = ++last_number_;
  all_.emplace(job->number, job);
  ++lanes_[job->tenant].job_count;
  Place(*job);
}

WriteJobPtr WriteQueue::Next(const Limits& limits) const {
  WriteJobPtr next = do_failed_go_first_ ? FirstFailed(limits) : FirstNew(limits);
  if (next != nullptr) return next;
  return do_failed_go_first_ ? FirstNew(limits) : FirstFailed(limits);
}

WriteJobPtr WriteQueue::FirstNew(const Limits& limits) const {
  if (new_.empty() || new_.begin()->first.number > limits.last_number) return nullptr;
  return new_.begin()->second->ready.at(new_.begin()->first);
}

WriteJobPtr WriteQueue::FirstFailed(const Limits& limits) const {
  for (const auto& [turn, lane] : failed_) {
    if (turn.last_failure > limits.last_failure) break;
    for (auto one = lane->ready.find(turn); one != lane->ready.end(); ++one) {
      if (limits.Have(*one->second)) return one->second;
    }
  }
  return nullptr;
}

WriteJobPtr WriteQueue::FirstOf(const Lane& lane, const Limits& limits) {
  const auto first =
      std::ranges::find_if(lane.ready, [&](const auto& one) { return limits.Have(*one.second); });
  return first == lane.ready.end() ? nullptr : first->second;
}

void WriteQueue::Begin(WriteJob& job, Work work) {
  job.is_busy = true;
  busy_.emplace(job.number, all_.at(job.number));
  Place(job);
  Lane& lane = LaneOf(job);
  if (work == Work::kTry && lane.place != Lane::Place::kThere) {
    SetPlace(lane, Lane::Place::kIsTried);
  }
}

void WriteQueue::End(WriteJob& job) {
  job.is_busy = false;
  busy_.erase(job.number);
  Place(job);
}

void WriteQueue::EndFailed(WriteJob& job, Failing failing) {
  if (job.last_failure > 0) do_failed_go_first_ = false;
  job.last_failure = ++last_failure_;
  job.is_resting = true;
  resting_.emplace(job.number, all_.at(job.number));
  End(job);
  Lane& lane = LaneOf(job);
  if (failing == Failing::kItsPlace) {
    SetPlace(lane, Lane::Place::kRests);
  } else if (lane.place == Lane::Place::kIsTried) {
    // This one says nothing of the others.
    SetPlace(lane, Lane::Place::kMayBeTried);
  }
}

void WriteQueue::EndWritten(WriteJob& job) {
  End(job);
  SetPlace(LaneOf(job), Lane::Place::kThere);
  Remove(job);
}

void WriteQueue::EndLost(WriteJob& job) {
  job.is_lost = true;
  End(job);
  Lane& lane = LaneOf(job);
  if (lane.place == Lane::Place::kIsTried) SetPlace(lane, Lane::Place::kMayBeTried);
}

void WriteQueue::Remove(WriteJob& job) {
  Lane& lane = LaneOf(job);
  lane.ready.erase(TurnOf(job));
  resting_.erase(job.number);
  Show(lane);
  if (--lane.job_count == 0) {
    SetPlace(lane, Lane::Place::kThere);
    lanes_.erase(job.tenant);
  }
  all_.erase(job.number);
}

void WriteQueue::Retry() {
  do_failed_go_first_ = true;
  for (const auto& [number, job] : std::exchange(resting_, {})) {
    job->is_resting = false;
    Place(*job);
  }
  for (auto& [tenant, lane] : lanes_) {
    if (lane.place == Lane::Place::kRests) SetPlace(lane, Lane::Place::kMayBeTried);
  }
}

std::size_t WriteQueue::ReadyCount(std::size_t at_most) const {
  std::size_t count = 0;
  for (const Firsts* firsts : {&new_, &failed_}) {
    for (const auto& [turn, lane] : *firsts) {
      if (count >= at_most) return count;
      // Of one that is among both all count at the first.
      if (firsts == &new_ || !lane->first_new.has_value()) count += lane->ready.size();
    }
  }
  return count;
}

bool WriteQueue::IsBusy(const Limits& limits) const {
  return std::ranges::any_of(busy_, [&](const auto& one) { return limits.Have(*one.second); });
}

bool WriteQueue::IsBehindATry(const Limits& limits) const {
  return std::ranges::any_of(busy_, [&](const auto& one) {
    const Lane& lane = lanes_.at(one.second->tenant);
    return lane.place == Lane::Place::kIsTried && FirstOf(lane, limits) != nullptr;
  });
}

void WriteQueue::SetPlace(Lane& lane, Lane::Place place) {
  if (lane.place == Lane::Place::kRests) --resting_lane_count_;
  if (place == Lane::Place::kRests) ++resting_lane_count_;
  lane.place = place;
  Show(lane);
}

void WriteQueue::Place(WriteJob& job) {
  Lane& lane = LaneOf(job);
  if (job.is_busy || job.is_resting || job.is_lost) {
    lane.ready.erase(TurnOf(job));
  } else {
    lane.ready.emplace(TurnOf(job), all_.at(job.number));
  }
  Show(lane);
}

void WriteQueue::Show(Lane& lane) {
  std::optional<Turn> first_new;
  std::optional<Turn> first_failed;
  if (lane.place == Lane::Place::kThere || lane.place == Lane::Place::kMayBeTried) {
    const auto failed = lane.ready.lower_bound({.last_failure = 1, .number = 0});
    if (failed != lane.ready.begin()) first_new = lane.ready.begin()->first;
    if (failed != lane.ready.end()) first_failed = failed->first;
  }
  Show(lane, lane.first_new, first_new, new_);
  Show(lane, lane.first_failed, first_failed, failed_);
}

void WriteQueue::Show(const Lane& lane, std::optional<Turn>& shown, std::optional<Turn> now,
                      Firsts& firsts) {
  if (shown == now) return;
  if (shown.has_value()) firsts.erase(*shown);
  if (now.has_value()) firsts.emplace(*now, &lane);
  shown = now;
}

}  // namespace clew::storage

#include "pipeline/follower/log_follower.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "base/logging.h"
#include "log/batch_record.h"
#include "wire/otlp/inspect.h"

namespace clew::pipeline {
namespace {

// How long the log is waited for before the follower looks whether it shall stop or commit.
constexpr auto kPoll = std::chrono::milliseconds(50);
// How long a record that was given back rests before it is offered again.
constexpr Nanos kRest = std::chrono::seconds(1);

/// What a record takes as long as it is on its way: with the batch, its place in queues, its token
/// and that one's place in the tracker, so that many small ones are bounded, too.
std::uint64_t MemoryOf(const log::Record& record, const model::Batch& batch) {
  constexpr std::uint64_t kFixedBytes = 1024;
  const bool is_unpacked = record.compression != base::Compression::kNone;
  return kFixedBytes + record.body.size() + (is_unpacked ? batch.byte_size() : 0);
}

/// Ends a read; never seen outside this file.
std::unexpected<Error> Enough() { return base::MakeError(Code::kCancelled, "enough"); }

}  // namespace

LogFollower::LogFollower(Options options, log::Log& log, const model::SpanCodec& codec,
                         Consumer& next, StopSignal& stop, Host& host)
    : options_(std::move(options)),
      consumer_(FollowerName(options_.way)),
      log_(log),
      codec_(codec),
      stop_(stop),
      host_(host),
      memory_(host.memory().account(base::MemoryUse::kFollowers)),
      next_("pipeline " + options_.way.pipeline, options_.way, next, stop, host),
      records_(host.metrics().Counter("clew_follower_records_total",
                                      "Number of log records read for an exporter.",
                                      LabelsOf(options_.way))),
      dropped_spans_(host.metrics().Counter(
          "clew_follower_dropped_spans_total",
          "Number of spans from the log that were refused for good or could not be read.",
          LabelsOf(options_.way))),
      in_flight_(host.metrics().Gauge(
          "clew_follower_in_flight_records",
          "Number of log records handed on and neither delivered nor dropped yet.",
          LabelsOf(options_.way))),
      in_flight_bytes_(host.metrics().Gauge(
          "clew_follower_in_flight_bytes",
          "Bytes of the log records handed on and neither delivered nor dropped yet.",
          LabelsOf(options_.way))),
      lag_(host.metrics().Gauge(
          "clew_follower_lag_bytes",
          "Log between what an exporter has for certain (its committed position) and the end.",
          LabelsOf(options_.way))),
      ahead_(memory_) {}

LogFollower::~LogFollower() { StopReading(); }

Status LogFollower::Register(log::Position begin_of_new) {
  const std::vector<std::string> known = log_.Consumers();
  is_new_ = std::find(known.begin(), known.end(), consumer_) == known.end();
  position_ = committed_ = log_.Committed(consumer_);
  if (is_new_) position_ = committed_ = std::max(committed_, begin_of_new);
  TRY(log_.Commit(consumer_, committed_));
  is_registered_ = true;
  shown_ = host_.metrics().OnCollect([this] { ShowGauges(); });
  return {};
}

void LogFollower::Start() {
  committed_at_ = host_.clock().Monotonic();
  thread_ = std::thread([this] { Run(); });
}

void LogFollower::StopReading() {
  stop_.Stop();
  if (thread_.joinable()) thread_.join();
}

void LogFollower::Finish() {
  if (!std::exchange(is_registered_, false)) return;
  Commit();
  ZeroGauges();
}

void LogFollower::FinishUnused() {
  if (!is_new_) return Finish();
  if (!std::exchange(is_registered_, false)) return;
  if (const Status status = log_.Forget(consumer_); !status) {
    base::Log(
        base::LogLevel::kWarn,
        "A pipeline that did not come to run cannot be taken out of the log. The next start or "
        "reload does it, and takes it for one that is gone.",
        {{"consumer", consumer_}, {"error", status.error().message}});
  }
  ZeroGauges();
}

void LogFollower::ShowGauges() {
  in_flight_.Set(static_cast<double>(tracker_.in_flight_count()));
  in_flight_bytes_.Set(static_cast<double>(OnTheirWayBytes()));
  lag_.Set(static_cast<double>(log_.end().offset - log_.Committed(consumer_).offset));
}

void LogFollower::ZeroGauges() {
  shown_.reset();
  // The series outlive a pipeline that a reload removes.
  for (prometheus::Gauge* gauge : {&in_flight_, &in_flight_bytes_, &lag_}) gauge->Set(0);
}

void LogFollower::Run() {
  while (!stop_.is_stopped()) {
    const std::optional<log::Position> abandoned =
        host_.clock().Monotonic() >= redeliver_at_ ? tracker_.FirstAbandoned() : std::nullopt;
    Status status;
    if (wanted_bytes_ && !AwaitMemory()) {
      // Nothing can go on its way now.
    } else if (abandoned) {
      status = Redeliver(*abandoned);
      redeliver_at_ = host_.clock().Monotonic() + kRest;
    } else if (!HasRoom()) {
      WaitForRoom();
    } else if (log_.WaitFor(position_, host_.clock().In(kPoll), host_.clock())) {
      status = ReadOn();
    }
    if (!status && status.error().code != Code::kCancelled) {
      base::Log(base::LogLevel::kError, "Reading the log failed. Will retry.",
                {{"pipeline", options_.way.pipeline},
                 {"exporter", options_.way.exporter},
                 {"error", status.error().message}});
      stop_.WaitFor(host_.clock(), kRest);
    }
    CommitWhenDue();
  }
}

bool LogFollower::IsMine(const log::Record& record) const {
  return record.pipeline == options_.way.pipeline && log::HoldsSpans(record);
}

Status LogFollower::ReadOn() {
  const Result<log::Position> end =
      log_.Read(position_, [this](const log::Appended& where, const log::Record& record) -> Status {
        position_ = where.begin;
        if (stop_.is_stopped() || !HasRoom()) return Enough();
        if (IsMine(record) && !Deliver(where, record)) return Enough();
        position_ = where.end;
        CommitWhenDue();
        // What was given back goes first: it holds the committed position.
        if (host_.clock().Monotonic() >= redeliver_at_ && tracker_.FirstAbandoned()) {
          return Enough();
        }
        return {};
      });
  if (!end) return std::unexpected(end.error());
  position_ = *end;
  return {};
}

Status LogFollower::Redeliver(log::Position position) {
  bool is_found = false;
  const Result<log::Position> end =
      log_.Read(position, [&](const log::Appended& where, const log::Record& record) -> Status {
        is_found = where.begin == position;
        // Without memory for it, it stays what it is, and is tried again.
        if (is_found) static_cast<void>(Deliver(where, record));
        return Enough();
      });
  if (!is_found && (end || end.error().code == Code::kCancelled)) {
    // The record became unreadable since; the log has reported and counted it.
    tracker_.Begin(position);
  }
  if (!end) return std::unexpected(end.error());
  return {};
}

Result<model::BatchPtr> LogFollower::MakeBatch(const log::Record& record) const {
  std::optional<model::ReceivedBody> received =
      model::ReceivedBody{record.compression, record.body};
  ASSIGN_OR_RETURN(Bytes body, log::UnpackBody(record));
  ASSIGN_OR_RETURN(const wire::otlp::RequestFacts facts, wire::otlp::InspectRequest(body.view()));
  return model::Batch::FromWire({std::move(body)}, facts.span_count, codec_, std::move(received));
}

Result<model::BatchPtr> LogFollower::GetBatch(const log::Appended& where,
                                              const log::Record& record) const {
  if (options_.shared_batches == nullptr) return MakeBatch(record);
  return options_.shared_batches->GetOrMake(where.begin, [&] { return MakeBatch(record); });
}

std::vector<log::DeliveryTracker> LogFollower::OnTheirWay() const {
  std::vector<log::DeliveryTracker> trackers;
  for (const log::DeliveryTracker& tracker : options_.earlier) {
    if (tracker.holds_memory()) trackers.push_back(tracker);
  }
  // A copy knows what the tokens of this one do.
  trackers.push_back(tracker_);
  return trackers;
}

std::uint64_t LogFollower::OnTheirWayBytes() const {
  std::uint64_t bytes = tracker_.in_flight_bytes();
  for (const log::DeliveryTracker& tracker : options_.earlier) bytes += tracker.in_flight_bytes();
  return bytes;
}

bool LogFollower::FitsIntoShare(std::uint64_t bytes) const {
  return OnTheirWayBytes() + bytes <= memory_.limit() / options_.follower_count;
}

void LogFollower::WaitForRoom() {
  if (options_.when_full) options_.when_full();
  tracker_.WaitForRelease(host_.clock().In(kPoll), host_.clock());
}

bool LogFollower::AwaitMemory() {
  // One record may always be on its way.
  if (tracker_.holds_memory() && !FitsIntoShare(*wanted_bytes_)) {
    WaitForRoom();
    return false;
  }
  if (tracker_.holds_memory() && !ahead_.TryGrow(*wanted_bytes_)) {
    if (options_.when_full) options_.when_full();
    static_cast<void>(memory_.WaitForRoom(*wanted_bytes_, host_.clock().In(kPoll), host_.clock()));
    return false;
  }
  wanted_bytes_.reset();
  return true;
}

bool LogFollower::Deliver(const log::Appended& where, const log::Record& record) {
  const Result<model::BatchPtr> batch = GetBatch(where, record);
  base::MemoryHold hold = std::exchange(ahead_, base::MemoryHold(memory_));
  const std::uint64_t bytes = batch ? MemoryOf(record, **batch) : 0;
  hold.ShrinkTo(bytes);
  const bool is_only = !tracker_.holds_memory();
  const bool has_memory = (is_only || FitsIntoShare(bytes)) && hold.TryGrow(bytes - hold.bytes());
  if (!has_memory && !is_only) {
    wanted_bytes_ = bytes;
    return false;
  }
  records_.Increment();
  Context context;
  context.tenant = record.tenant;
  context.delivery = tracker_.Begin(where.begin, std::move(hold));
  if (!batch) {
    Drop(where, 0, batch.error());
    return true;
  }
  if ((*batch)->item_count() == 0) return true;
  const Result<Receipt> result = next_.Consume(*batch, context).Wait();
  if (!result && !result.error().is_retryable()) {
    Drop(where, (*batch)->item_count(), result.error());
  }
  return true;
}

void LogFollower::Drop(const log::Appended& where, std::size_t span_count, const Error& error) {
  dropped_spans_.Increment(static_cast<double>(span_count));
  base::Log(base::LogLevel::kError, "A record of the log cannot be delivered. Dropping data.",
            {{"pipeline", options_.way.pipeline},
             {"exporter", options_.way.exporter},
             {"position", fmt::format("{}", where.begin.offset)},
             {"spans", fmt::format("{}", span_count)},
             {"error", error.message}});
}

void LogFollower::CommitWhenDue() {
  const Nanos now = host_.clock().Monotonic();
  if (now < committed_at_ + options_.commit_interval) return;
  committed_at_ = now;
  Commit();
}

void LogFollower::Commit() {
  const log::Position done = tracker_.Watermark(position_);
  if (done == committed_) return;
  if (const Status status = log_.Commit(consumer_, done); !status) {
    base::Log(base::LogLevel::kWarn, "Committing the position in the log failed. Will retry.",
              {{"pipeline", options_.way.pipeline},
               {"exporter", options_.way.exporter},
               {"error", status.error().message}});
    return;
  }
  committed_ = done;
}

}  // namespace clew::pipeline

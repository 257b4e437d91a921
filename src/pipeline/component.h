#pragma once

#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/later.h"
#include "base/memory_budget.h"
#include "base/metrics.h"
#include "base/random.h"
#include "base/vocabulary.h"
#include "base/worker_pool.h"
#include "model/batch.h"
#include "pipeline/context.h"

namespace clew::net {
class Loops;
}

namespace clew::pipeline {

using LaterReceipt = base::Later<Result<Receipt>>;

/// Takes batches. Called from any thread, from several at once.
class Consumer {
 public:
  virtual ~Consumer() = default;
  /// On success the callee has taken responsibility for every item but the receipt's rejected
  /// ones; on error the caller still has all of them. What waits for a disk or another process
  /// gives its receipt later, where it can, and keeps no thread; some block (a full queue that
  /// waits). Until the receipt is there the caller keeps the callee alive; `context` is the
  /// caller's again when this returns. Who awaits the receipt is short, and on any thread.
  /// Overload is an error with retry_after (UNAVAILABLE or RESOURCE_EXHAUSTED), never a silent
  /// drop. An error that is not retryable is permanent: sending the same again cannot help.
  virtual LaterReceipt Consume(const model::BatchPtr& batch, const Context& context) = 0;
};

class Extension;

/// What the process offers to its components. Outlives them.
class Host {
 public:
  virtual ~Host() = default;
  virtual const Clock& clock() const = 0;
  virtual base::Random& random() = 0;
  virtual base::Metrics& metrics() = 0;
  /// What requests, answers and queues may hold together.
  virtual base::MemoryBudget& memory() = 0;
  /// Where requests are decoded and consumed.
  virtual base::WorkerPool& workers() = 0;
  /// Whose threads run the connections of servers.
  virtual net::Loops& loops() = 0;
  /// The started extension of this id (e.g. "clew_storage"), or null. It lives as long as it is
  /// held, but may be stopped meanwhile.
  virtual std::shared_ptr<Extension> FindExtension(std::string_view id) = 0;
  /// OK when every extension that runs is ready (Extension::CheckReady), else the first reason.
  virtual Status CheckReady() const { return {}; }
  /// A stop is requested once the process is asked to end: a Start that reads much asks between its
  /// reads, and gives up with CANCELLED.
  virtual std::stop_token ending() const { return {}; }
  /// Asks the process to stop with this error; for faults that end a component after its start.
  virtual void ReportFatalError(const Error& error) = 0;
};

/// The life of every part of a pipeline: created, Start once, Stop once or more, destroyed.
class Component {
 public:
  virtual ~Component() = default;
  /// Opens ports and starts threads. On error nothing is left running.
  virtual Status Start(Host& host) = 0;
  /// Stops taking data, hands on or keeps what it holds, and joins its threads, by `deadline`.
  /// Stopping twice, or without a start, does nothing.
  virtual void Stop(Deadline deadline) = 0;
};

class Receiver : public Component {};
class Processor : public Component, public Consumer {};
class Exporter : public Component, public Consumer {};
/// Ends some pipelines as an exporter does, and begins others as a receiver does.
class Connector : public Component, public Consumer {};

class Extension : public Component {
 public:
  /// Called when all pipelines run, and when they begin to stop.
  virtual void NotifyReady() {}
  virtual void NotifyNotReady() {}
  /// OK when it does what it is there for; else why not, e.g. while a log is replayed. Asked by
  /// health checks: any thread, short.
  virtual Status CheckReady() const { return {}; }
};

}  // namespace clew::pipeline

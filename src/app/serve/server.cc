#include "app/serve/server.h"

#include <chrono>
#include <utility>

#include "app/components.h"
#include "app/serve/free_memory.h"
#include "app/telemetry/process_metrics.h"
#include "app/version.h"
#include "base/logging.h"
#include "base/system_memory.h"
#include "net/file_reserve.h"
#include "storage/storage_provider.h"

namespace clew::app::serve {
Server::Server(pipeline::ConfigSources sources) : factories_(ComponentFactories()) {
  telemetry_ = std::make_unique<TelemetryControl>(
      loops_, metrics_,
      telemetry::TelemetryHooks{.check_ready = [this] { return CheckReady(); },
                                .reload = [this] { return Reload(); },
                                .flush = [this] { return Flush(); }});
  pipeline::ServiceOptions options;
  options.sources = std::move(sources);
  options.version = Version();
  options.apply_telemetry = [this](const pipeline::TelemetryConfig& config) {
    return telemetry_->Apply(config);
  };
  options.on_fatal_error = [this](const Error& error) {
    const std::scoped_lock lock(mutex_);
    if (!fatal_.has_value()) {
      fatal_ = error;
    }
    wake_.notify_all();
  };
  service_ =
      std::make_unique<pipeline::Service>(std::move(options), factories_, metrics_, clock_, loops_);
  process_metrics_ = telemetry::RegisterProcessMetrics(metrics_, clock_);
  component_metrics_ = metrics_.OnCollect([this] { UpdateComponentMetrics(); });
}

Server::~Server() {
  // Its requests use the rest.
  telemetry_.reset();
}

Status Server::Start() {
  TRY(service_->Start());
  Status room = net::FileReserve::OfProcess().CheckRoom();
  if (!room.has_value()) Shutdown(Nanos(0));
  return room;
}

Status Server::Wait() {
  FreeMemory memory(base::FreeResidentBytes, base::ReleaseFreeMemory);
  std::unique_lock lock(mutex_);
  while (!clock_.WaitUntil(lock, wake_, clock_.In(FreeMemory::kInterval),
                           [this] { return is_stop_requested_ || fatal_.has_value(); })) {
    // Takes long where there is much to give.
    lock.unlock();
    memory.Look();
    lock.lock();
  }
  if (fatal_.has_value()) {
    return std::unexpected(*fatal_);
  }
  return {};
}

void Server::RequestStop() {
  ending_.request_stop();
  service_->GiveUpStarts();
  const std::scoped_lock lock(mutex_);
  is_stop_requested_ = true;
  wake_.notify_all();
}

Status Server::Reload() {
  const std::scoped_lock lock(order_mutex_);
  return service_->Reload();
}

Status Server::Flush() {
  const std::scoped_lock lock(order_mutex_);
  const auto config = service_->config();
  if (config == nullptr) {
    return Unavailable("the server starts: try again when it is ready");
  }
  bool has_storage = false;
  for (const std::string& id : config->extensions) {
    const auto provider =
        std::dynamic_pointer_cast<storage::StorageProvider>(service_->host().FindExtension(id));
    if (provider == nullptr) continue;
    has_storage = true;
    const std::shared_ptr<storage::Storage> storage = provider->storage();
    if (storage == nullptr) return Unavailable("extension {} is not running", id);
    TRY(storage->Flush(ending_.get_token()));
  }
  if (!has_storage) {
    return MakeError(Code::kFailedPrecondition,
                     "nothing is stored here: no storage extension is configured");
  }
  return {};
}

void Server::Shutdown(Nanos timeout) {
  ending_.request_stop();
  const std::scoped_lock lock(order_mutex_);
  service_->Shutdown(clock_.In(timeout));
}

std::vector<base::MetricInfo> Server::ListMetrics() {
  metrics_.Expose();  // some are made when they are first read
  return metrics_.List();
}

void Server::UpdateComponentMetrics() {
  for (const pipeline::ComponentStatus& component : service_->status().components) {
    metrics_
        .Gauge("clew_component_up", "1 when the component runs, else 0",
               {{"kind", std::string(pipeline::KindName(component.kind))},
                {"id", component.id},
                {"pipeline", component.pipeline}})
        .Set(component.state == pipeline::ComponentState::kRunning ? 1 : 0);
  }
}

}  // namespace clew::app::serve

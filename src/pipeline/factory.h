#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "pipeline/component.h"
#include "pipeline/config/binder.h"

namespace clew::pipeline {

enum class ComponentKind { kReceiver, kProcessor, kExporter, kConnector, kExtension };

/// Where a component stands in a pipeline that stores (docs/design/006-log-stage.md).
enum class Placement {
  /// Hands on or delivers what it is given before it answers, or takes its delivery token
  /// (delivery.h): a processor before the log unless one that decides comes first, an exporter
  /// behind it.
  kAnywhere,
  /// Processors that hold spans back only to regroup them (batch): behind the log, and behind those
  /// of the first kind. A store does not wait for them.
  kBehindLogRegrouping,
  /// Processors that hold spans back to decide on them (tail sampling): behind the log, and the
  /// store behind them.
  kBehindLog,
  /// Exporters that store: their pipeline is logged, and its other exporters follow the log.
  kAtLog,
};

/// What a component is told when it is made.
struct CreateSettings {
  /// As written in the file, e.g. "otlp/second": the value of metric labels.
  std::string id;
  Host& host;
  /// What it is to take or make: a receiver, all that its pipelines take; the others, one each.
  model::SignalSet signals = {model::Signal::kTraces};

  /// Of all but receivers: the one there is.
  model::Signal signal() const { return signals.first(); }
};

/// A way through a connector: from pipelines that it ends to such that it begins.
struct Connection {
  model::Signal from;
  model::Signal to;
  bool operator==(const Connection&) const = default;
};

/// One type of component: all that the graph needs to know of it. A component's folder offers
/// exactly one function that returns its factory; src/app/components.cc lists them.
/// Exactly the create function of its kind is set. `config` is what `make_config` made, filled and
/// validated. `next` outlives the component.
struct Factory {
  ComponentKind kind;
  std::string type;
  /// Older names that still load, with a warning.
  std::vector<std::string> aliases;
  /// A sentence for `clew components` and the reference.
  std::string description;
  std::function<std::unique_ptr<Section>()> make_config;
  /// Of which pipelines it can be a part: of receivers, processors and exporters.
  model::SignalSet signals = {model::Signal::kTraces};
  /// Of connectors instead.
  std::vector<Connection> connections;

  std::function<Result<std::unique_ptr<Receiver>>(const CreateSettings&, const Section& config,
                                                  Consumer& next)>
      create_receiver;
  std::function<Result<std::unique_ptr<Processor>>(const CreateSettings&, const Section& config,
                                                   Consumer& next)>
      create_processor;
  std::function<Result<std::unique_ptr<Exporter>>(const CreateSettings&, const Section& config)>
      create_exporter;
  /// One instance for each connection that pipelines ask for.
  std::function<Result<std::unique_ptr<Connector>>(const CreateSettings&, const Section& config,
                                                   const Connection& connection, Consumer& next)>
      create_connector;
  std::function<Result<std::unique_ptr<Extension>>(const CreateSettings&, const Section& config)>
      create_extension;

  /// Of processors and exporters.
  Placement placement = Placement::kAnywhere;

  bool Connects(model::Signal from, model::Signal to) const {
    return std::ranges::find(connections, Connection{from, to}) != connections.end();
  }
};

}  // namespace clew::pipeline

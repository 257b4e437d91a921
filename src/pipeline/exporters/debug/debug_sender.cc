#include "pipeline/exporters/debug/debug_sender.h"

#include <fmt/format.h>

#include <cerrno>
#include <chrono>
#include <sstream>
#include <utility>

#include "base/file.h"
#include "base/logging.h"
#include "pipeline/exporters/debug/format.h"
#include "wire/otlp/json.h"
#include "wire/otlp/materialize.h"
#include "wire/otlp/walk_items.h"

namespace clew::pipeline::exporters::debug {
namespace {

constexpr Nanos kLogPatience = std::chrono::milliseconds(100);

int KeepOpen(FILE*) { return 0; }

}  // namespace

Sampler::Sampler(std::uint64_t initial, std::uint64_t thereafter, const Clock& clock)
    : initial_(initial), thereafter_(thereafter), clock_(clock), second_start_(clock.Monotonic()) {}

bool Sampler::Takes() {
  const std::scoped_lock lock(mutex_);
  const Nanos now = clock_.Monotonic();
  if (now - second_start_ >= std::chrono::seconds(1)) {
    second_start_ = now;
    count_ = 0;
  }
  ++count_;
  return count_ <= initial_ || (thereafter_ > 0 && (count_ - initial_) % thereafter_ == 0);
}

DebugSender::DebugSender(std::string exporter_id, const Config& config, const Clock& clock)
    : id_(std::move(exporter_id)),
      config_(config),
      sampler_(config.sampling_initial, config.sampling_thereafter, clock) {}

Result<std::unique_ptr<sending::Sender>> DebugSender::Create(std::string exporter_id,
                                                             const Config& config,
                                                             const Clock& clock) {
  std::unique_ptr<DebugSender> sender(new DebugSender(std::move(exporter_id), config, clock));
  if (config.use_internal_logger) {
    return sender;
  }
  if (config.output_paths.empty()) {
    sender->outputs_.emplace_back(stdout, KeepOpen);
  }
  for (const std::string& path : config.output_paths) {
    if (path == "stdout" || path == "stderr") {
      sender->outputs_.emplace_back(path == "stdout" ? stdout : stderr, KeepOpen);
      continue;
    }
    File file(std::fopen(path.c_str(), "ae"), std::fclose);
    if (file == nullptr) {
      return std::unexpected(base::ErrnoError(errno, "opening " + path));
    }
    sender->outputs_.push_back(std::move(file));
  }
  return sender;
}

Result<Receipt> DebugSender::Send(const model::BatchPtr& batch, const Context&, Deadline) {
  if (!sampler_.Takes()) {
    return Receipt{};
  }
  TRY(batch->signal() == model::Signal::kTraces ? ShowTraces(*batch) : ShowItems(*batch));
  return Receipt{};
}

Status DebugSender::ShowTraces(const model::Batch& batch) {
  // For itself: what a batch keeps besides its bytes counts for nobody, and others may hold it
  // long.
  ASSIGN_OR_RETURN(const model::SpanColumnsPtr columns,
                   batch.codec().spans()->Decode(batch.wire(), batch.item_count()));
  ShowCounts("Traces",
             {{"resource spans", columns->resources.count()}, {"spans", columns->span_count()}});
  if (config_.verbosity != "basic") {
    const model::TraceData data = wire::otlp::MaterializeSpans(*columns);
    Write(config_.verbosity == "normal" ? FormatNormal(data) : FormatDetailed(data));
  }
  return {};
}

Status DebugSender::ShowItems(const model::Batch& batch) {
  std::string request;
  for (const Bytes& piece : batch.wire()) request += piece.view();
  const wire::otlp::SignalShape& shape = wire::otlp::ShapeOf(batch.signal());
  ASSIGN_OR_RETURN(const wire::otlp::ItemCounts counts,
                   wire::otlp::WalkItems(shape, request, wire::otlp::WalkDepth::kItems));
  std::vector<Count> shown = {{shape.resources_name, counts.resource_count()}};
  if (batch.signal() == model::Signal::kMetrics) shown.push_back({"metrics", counts.by_level[2]});
  const bool is_profile = batch.signal() == model::Signal::kProfiles;
  shown.push_back({is_profile ? "sample records" : shape.items_name, counts.item_count(shape)});
  std::string title(NameOf(batch.signal()));
  title.front() = static_cast<char>(title.front() - 'a' + 'A');
  ShowCounts(title, shown);
  if (config_.verbosity != "basic") {
    ASSIGN_OR_RETURN(const std::string json, wire::otlp::RequestToJson(batch.signal(), request));
    Write(json + "\n");
  }
  return {};
}

void DebugSender::ShowCounts(const std::string& title, const std::vector<Count>& counts) {
  const auto field = [&](std::size_t i) {
    return base::LogField{counts[i].name, std::to_string(counts[i].value)};
  };
  if (!config_.use_internal_logger) {
    std::vector<std::string> texts;
    for (const Count& count : counts) {
      texts.push_back(fmt::format("\"{}\": {}", count.name, count.value));
    }
    return Write(fmt::format("{} {{{}}}\n", title, fmt::join(texts, ", ")));
  }
  const base::LogField id = {"otelcol.component.id", id_};
  if (counts.size() == 2) return base::Log(base::LogLevel::kInfo, title, {id, field(0), field(1)});
  base::Log(base::LogLevel::kInfo, title, {id, field(0), field(1), field(2)});
}

void DebugSender::Write(const std::string& text) {
  const std::scoped_lock lock(mutex_);
  if (config_.use_internal_logger) {
    // The log writes a message on one line.
    std::istringstream lines(text);
    // More than the log queues when its reader is only slow; not for one that stalls.
    bool is_read = true;
    for (std::string line; std::getline(lines, line);) {
      is_read = is_read && base::WaitForLogRoom(kLogPatience);
      base::Log(base::LogLevel::kInfo, line);
    }
    return;
  }
  for (const File& output : outputs_) {
    std::fwrite(text.data(), 1, text.size(), output.get());
    std::fflush(output.get());
  }
}

}  // namespace clew::pipeline::exporters::debug

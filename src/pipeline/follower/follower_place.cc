#include "pipeline/follower/follower_place.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstddef>
#include <optional>

#include "base/hash.h"
#include "log/checkpoints.h"

namespace clew::pipeline {
namespace {

constexpr std::string_view kPrefix = "pipeline/";
constexpr std::string_view kBetween = ">";
constexpr std::size_t kPipelineBytesMax = 40;
constexpr std::size_t kExporterBytesMax = 30;
static_assert(kPrefix.size() + kPipelineBytesMax + kBetween.size() + kExporterBytesMax ==
              log::kConsumerBytesMax);

/// `id`, or its begin and a hash of it when it is long.
std::string Shortened(std::string_view id, std::size_t bytes_max) {
  if (id.size() <= bytes_max) return std::string(id);
  const std::string hash = fmt::format("~{:016x}", base::Hash64(id));
  std::size_t size = bytes_max - hash.size();
  // Not within a character of UTF-8: the name is a label of metrics.
  while (size > 0 && (static_cast<unsigned char>(id[size]) & 0xC0u) == 0x80u) --size;
  return std::string(id.substr(0, size)) + hash;
}

/// What the names of all followers of a pipeline begin with.
std::string BeginOfNames(std::string_view pipeline) {
  return fmt::format("{}{}{}", kPrefix, Shortened(pipeline, kPipelineBytesMax), kBetween);
}

}  // namespace

base::Labels LabelsOf(const PipelineWay& way) {
  return {{"pipeline", way.pipeline}, {"exporter", way.exporter}};
}

std::string FollowerName(const PipelineWay& way) {
  return BeginOfNames(way.pipeline) + Shortened(way.exporter, kExporterBytesMax);
}

std::string FormerFollowerName(std::string_view pipeline) {
  return fmt::format("{}{}", kPrefix, pipeline);
}

bool IsFollower(std::string_view consumer) { return consumer.starts_with(kPrefix); }

log::Position WhereNewFollowersBegin(const log::Log& log, const std::vector<PipelineWay>& ways) {
  if (ways.empty()) return {};
  const std::string& pipeline = ways.front().pipeline;
  std::optional<log::Position> of_gone;
  log::Position of_others;
  for (const std::string& consumer : log.Consumers()) {
    const bool is_its =
        consumer.starts_with(BeginOfNames(pipeline)) || consumer == FormerFollowerName(pipeline);
    if (!is_its) continue;
    const log::Position position = log.Committed(consumer);
    const bool is_there = std::ranges::any_of(
        ways, [&](const PipelineWay& way) { return FollowerName(way) == consumer; });
    if (is_there) {
      of_others = std::max(of_others, position);
    } else {
      of_gone = std::min(of_gone.value_or(position), position);
    }
  }
  return of_gone.value_or(of_others);
}

}  // namespace clew::pipeline

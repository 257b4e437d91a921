#pragma once

#include <cstdint>
#include <string>

#include "pipeline/config/binder.h"

namespace clew::pipeline::exporters::file {

class RotationSection final : public Section {
 public:
  void Describe(Binder& binder) override;
  void Validate(Problems& problems) const override;

  std::uint64_t max_megabytes = 100;
  std::uint64_t max_days = 0;
  std::uint64_t max_backups = 100;
  bool localtime = false;
};

class GroupBySection final : public Section {
 public:
  void Describe(Binder& binder) override;

  bool enabled = false;
  std::string resource_attribute = "fileexporter.path_segment";
  std::uint64_t max_open_files = 100;
};

/// collector-config.md section 13, file.
class Config final : public Section {
 public:
  void Describe(Binder& binder) override;
  void Validate(Problems& problems) const override;
  OwnPath FindOwnPath() const override { return {.key = "path", .path = path}; }

  std::string path;
  std::string format = "json";
  std::string compression;
  bool append = false;
  bool has_rotation = false;
  RotationSection rotation;
  Nanos flush_interval{std::chrono::seconds(1)};
  GroupBySection group_by;
  bool create_directory = false;
};

}  // namespace clew::pipeline::exporters::file

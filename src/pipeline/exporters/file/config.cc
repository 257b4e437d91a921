#include "pipeline/exporters/file/config.h"

#include "pipeline/config/mib.h"
#include "pipeline/settings/nested.h"

namespace clew::pipeline::exporters::file {

void RotationSection::Describe(Binder& binder) {
  binder.Field("max_megabytes", &max_megabytes, "Begin a new file at this size in MiB.");
  binder.Field("max_days", &max_days, "Delete older files after so many days; 0 means never.");
  binder.Field("max_backups", &max_backups,
               "Older files to keep beside the one written; 0 means all.");
  binder.Field("localtime", &localtime, "Name older files by local time instead of UTC.");
}

void RotationSection::Validate(Problems& problems) const {
  if (max_megabytes == 0) {
    problems.Add("max_megabytes", "must be greater than zero");
  }
  CheckMib("max_megabytes", max_megabytes, problems);
}

void GroupBySection::Describe(Binder& binder) {
  binder.Field("enabled", &enabled, "One file a value of an attribute; only false is supported.");
  binder.Field("resource_attribute", &resource_attribute,
               "Accepted for compatibility while group_by is off.");
  binder.Field("max_open_files", &max_open_files,
               "Accepted for compatibility while group_by is off.");
}

void Config::Describe(Binder& binder) {
  binder.Field("path", &path, "File to write.");
  binder.Word("format", &format, "json (one request a line) or proto (each after its length).");
  binder.Word("compression", &compression,
              "Of each record: zstd or empty; compressed records follow their length.");
  binder.Field("append", &append, "Keep what the file holds at start instead of emptying it.");
  binder.Optional("rotation", &has_rotation, &rotation, "Begin new files and delete old ones.");
  binder.Field("flush_interval", &flush_interval, "How often what was taken is written.");
  binder.Nested("group_by", &group_by, "Several files by an attribute.");
  binder.Field("create_directory", &create_directory,
               "Make the folder of path when it is missing.");
}

void Config::Validate(Problems& problems) const {
  if (path.empty()) {
    problems.Add("", "path must be non-empty");
  }
  if (format != "json" && format != "proto") {
    problems.Add("format", "format type is not supported; use json or proto");
  }
  if (!compression.empty() && compression != "zstd") {
    problems.Add("compression", "compression is not supported; use zstd or leave it out");
  }
  if (append && has_rotation) {
    problems.Add("", "append and rotation enabled at the same time is not supported");
  }
  if (append && !compression.empty()) {
    problems.Add("", "append and compression enabled at the same time is not supported");
  }
  if (flush_interval <= Nanos(0)) {
    problems.Add("", "flush_interval must be larger than zero");
  }
  if (group_by.enabled) {
    problems.Add("group_by",
                 "is not supported; use one file exporter a file, with a pipeline each");
  }
  if (has_rotation) {
    settings::ValidateNested("rotation", rotation, problems);
  }
}

}  // namespace clew::pipeline::exporters::file

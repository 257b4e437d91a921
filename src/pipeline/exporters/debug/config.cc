#include "pipeline/exporters/debug/config.h"

#include "pipeline/settings/nested.h"

namespace clew::pipeline::exporters::debug {

void Config::Describe(Binder& binder) {
  binder.Word("verbosity", &verbosity,
              "basic (a line a batch), normal (a line a span) or detailed (every field); of other "
              "signals than traces the last two show the batch as OTLP/JSON.");
  binder.Field("sampling_initial", &sampling_initial, "Batches shown at first in each second.");
  binder.Field("sampling_thereafter", &sampling_thereafter,
               "Of the others in that second every so manieth is shown; 0 shows none.");
  binder.Field("use_internal_logger", &use_internal_logger,
               "Write into the log instead of to output_paths.");
  binder.Field("output_paths", &output_paths,
               "Files, stdout or stderr; empty means stdout. Not with the log.");
  binder.Optional("sending_queue", &is_queue_enabled, &queue,
                  "Keep batches while they wait to be shown.");
}

void Config::Validate(Problems& problems) const {
  if (verbosity != "basic" && verbosity != "normal" && verbosity != "detailed") {
    problems.Add("", fmt::format("verbosity level \"{}\" is not supported; use basic, normal or "
                                 "detailed",
                                 verbosity));
  }
  if (use_internal_logger && !output_paths.empty()) {
    problems.Add("", "output_paths is not supported when use_internal_logger is true");
  }
  if (is_queue_enabled) {
    settings::ValidateNested("sending_queue", queue, problems);
  }
}

}  // namespace clew::pipeline::exporters::debug

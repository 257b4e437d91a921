#include "pipeline/processors/memory_limiter/config.h"

#include "pipeline/config/mib.h"

namespace clew::pipeline::processors::memory_limiter {

void Config::Describe(Binder& binder) {
  binder.Field("check_interval", &check_interval, "How often memory is measured; 1s is advised.");
  binder.Field("limit_mib", &limit_mib, "Hard limit of resident memory in MiB.");
  binder.Field("spike_limit_mib", &spike_limit_mib,
               "MiB below the hard limit from which data is refused; 0 means 20 % of it.");
  binder.Field("limit_percentage", &limit_percentage,
               "Hard limit in percent of the memory there is (cgroup's or machine's); limit_mib "
               "wins.");
  binder.Field("spike_limit_percentage", &spike_limit_percentage,
               "The same for spike_limit_mib; 0 means 20 % of the limit.");
  binder.Field("min_gc_interval_when_soft_limited", &min_gc_interval_when_soft_limited,
               "Shortest time between returns of freed memory while over the soft limit.");
  binder.Field("min_gc_interval_when_hard_limited", &min_gc_interval_when_hard_limited,
               "The same while over the hard limit.");
  binder.Field("max_gc_interval_when_soft_limited", &max_gc_interval_when_soft_limited,
               "Cap to which that time doubles while returns free nothing; 0s means none.");
  binder.Field("max_gc_interval_when_hard_limited", &max_gc_interval_when_hard_limited,
               "The same while over the hard limit.");
}

void Config::Validate(Problems& problems) const {
  if (check_interval <= Nanos(0)) {
    problems.Add("", "'check_interval' must be greater than zero");
  }
  if (min_gc_interval_when_soft_limited < min_gc_interval_when_hard_limited) {
    problems.Add("",
                 "'min_gc_interval_when_soft_limited' should be larger than "
                 "'min_gc_interval_when_hard_limited'");
  }
  if (limit_mib == 0 && limit_percentage == 0) {
    problems.Add("", "'limit_mib' or 'limit_percentage' must be greater than zero");
  }
  if (limit_percentage > 100 || spike_limit_percentage > 100) {
    problems.Add("",
                 "'limit_percentage' and 'spike_limit_percentage' must be greater than zero "
                 "and less than or equal to hundred");
  }
  CheckMib("limit_mib", limit_mib, problems);
  CheckMib("spike_limit_mib", spike_limit_mib, problems);
  if (limit_mib > 0 && limit_mib <= spike_limit_mib) {
    problems.Add("", "'spike_limit_mib' must be smaller than 'limit_mib'");
  }
  if (limit_mib == 0 && limit_percentage > 0 && limit_percentage <= spike_limit_percentage) {
    problems.Add("", "'spike_limit_percentage' must be smaller than 'limit_percentage'");
  }
}

}  // namespace clew::pipeline::processors::memory_limiter

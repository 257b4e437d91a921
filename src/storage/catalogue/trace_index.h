#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/random.h"
#include "base/vocabulary.h"
#include "storage/catalogue/trace_run.h"
#include "storage/format/block.h"

namespace clew::storage {

/// Which row groups of a tenant may have spans of a trace, without asking each block: files of
/// sorted keys in a folder of its own, one for some dozen blocks of a day. Derived: what is missing
/// or damaged is made anew from the blocks, which are asked themselves meanwhile, as those are that
/// no file speaks for yet. Select from any thread; the rest is for one.
///
/// Takes 8 bytes of memory for 340 entries, one for each row group of a trace, and one or two bytes
/// of disk for a span.
class TraceIndex {
 public:
  struct Surroundings {
    const BlockReading& reading;
    const Clock& clock;
    base::Random& random;
  };
  /// Below `folder`; empty: there is no index. It is made when it is first written to.
  TraceIndex(std::string folder, const Surroundings& surroundings);
  ~TraceIndex();

  /// The row groups of `blocks`, in their order, that may have spans of one of these traces: of a
  /// block that no file speaks for all of them. `check` is asked between reads; its error is the
  /// answer. It may be empty.
  Result<std::vector<scan::SpanSourcePtr>> Select(std::span<const BlockPtr> blocks,
                                                  std::span<const TraceId> ids,
                                                  const std::function<Status()>& check) const;

  /// Drops files most of whose blocks are gone, and makes one of blocks of a day, when it is over
  /// or they are many: at most one, so that whoever calls has time for other things; `is_stopping`
  /// is asked between one block and the next. `blocks` are all that there are.
  void Maintain(const std::vector<BlockPtr>& blocks, const std::function<bool()>& is_stopping);

 private:
  struct Run;
  struct Place {
    std::shared_ptr<const Run> run;
    std::uint32_t block = 0;
  };
  /// Immutable.
  struct State {
    std::vector<std::shared_ptr<const Run>> runs;
    std::unordered_map<std::string, Place> places;  // by name of the block
  };
  using StatePtr = std::shared_ptr<const State>;
  /// What the files say of some traces, in order; one that cannot be read is not here.
  using Found = std::unordered_map<const Run*, std::vector<TraceRun::Place>>;

  StatePtr Now() const;
  void Publish(std::vector<std::shared_ptr<const Run>> runs) const;
  static const Place* Find(const State& state, const Block& block);
  static Result<Found> FindAll(const State& state, std::span<const TraceId> ids,
                               const std::function<Status()>& check);
  void Load() const;
  void DropOldRuns(const std::vector<BlockPtr>& blocks);
  void Remove(const Run& run) const;
  void MakeRun(std::span<const BlockPtr> blocks, const std::function<bool()>& is_stopping);

  const std::string folder_;
  const Surroundings with_;
  mutable std::once_flag loading_;
  mutable std::mutex mutex_;
  mutable StatePtr state_;
  /// Blocks whose traces could not all be read, by name: they are asked themselves.
  std::set<std::string> unreadable_;
  bool has_failed_ = false;
};

}  // namespace clew::storage

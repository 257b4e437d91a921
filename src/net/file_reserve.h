#pragma once

#include <algorithm>
#include <cstdint>

#include "base/vocabulary.h"

namespace clew::net {

/// The process keeps a part of its file descriptors back from connections: a quarter of its limit,
/// at least 32 and at most 1024, for the log, blocks and connections of its own. The kernel gives
/// the lowest free number, so that an accepted connection whose number is in the last part tells
/// that the others are taken, by whomever; no server needs to know of the others.
class FileReserve {
 public:
  /// Of the limit (RLIMIT_NOFILE) that counts now.
  static FileReserve OfProcess();
  explicit FileReserve(std::uint64_t limit);

  /// Connections that one server may have, half of what is open to all of them: whoever holds
  /// those of one port leaves room on the others.
  std::uint64_t share() const { return std::max<std::uint64_t>(first_reserved_ / 2, 1); }
  /// Descriptors that the process may have.
  std::uint64_t limit() const { return limit_; }
  /// True when a connection with this descriptor may not stay.
  bool IsReserved(int descriptor) const;
  /// True when there is not even room to tell it so.
  bool IsNearlyOut(int descriptor) const;
  /// An error when what the process itself has open leaves next to none to connections, of which
  /// there may be some; it names the limit and the least that would do. To be asked when the
  /// process has started.
  Status CheckRoom() const;

 private:
  std::uint64_t first_reserved_;
  std::uint64_t limit_;
};

}  // namespace clew::net

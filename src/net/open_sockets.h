#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <optional>
#include <vector>

namespace clew::net {

/// How many of the sockets that were given away, to a library that does not tell when it closes
/// them, are still open. One thread at a time.
class OpenSockets {
 public:
  /// From so many on the kernel is asked which of them are closed.
  explicit OpenSockets(std::size_t asked_from) : asked_from_(asked_from) {}

  /// To be called while the socket is still ours.
  void Add(int descriptor);
  /// Never less than are open. Closed ones count until there are `asked_from`, and then no longer
  /// than 100 ms.
  std::size_t Count();

 private:
  /// What a descriptor stands for.
  struct Identity {
    dev_t device = 0;
    ino_t inode = 0;
    bool operator==(const Identity&) const = default;
  };
  /// The number may be another socket's meanwhile, its inode may not.
  struct Socket {
    int descriptor;
    Identity identity;
  };

  /// Nothing when nothing is open there.
  static std::optional<Identity> Identify(int descriptor);

  std::size_t asked_from_;
  std::vector<Socket> sockets_;
  std::chrono::steady_clock::time_point next_look_;
};

}  // namespace clew::net

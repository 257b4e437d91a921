#include "base/thread_failure.h"

#include <latch>
#include <thread>
#include <vector>

namespace clew::base {

Status CheckThreads(std::size_t count) {
  std::latch all_are_there(1);
  std::vector<std::thread> threads;
  threads.reserve(count);
  const Status status = RefuseWithoutThreads([&]() -> Status {
    while (threads.size() < count) threads.emplace_back([&] { all_are_there.wait(); });
    return {};
  });
  all_are_there.count_down();
  for (std::thread& thread : threads) thread.join();
  return status;
}

}  // namespace clew::base

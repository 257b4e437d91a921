#pragma once

#include <pthread.h>

#include <cstddef>

namespace clew::base::testing {

/// While it lives no thread of this process can start another: each would get a stack larger than
/// the address space.
class NoThreads {
 public:
  NoThreads() {
    pthread_getattr_default_np(&before_);
    pthread_attr_t hopeless;
    pthread_getattr_default_np(&hopeless);
    pthread_attr_setstacksize(&hopeless, std::size_t{1} << 48);
    pthread_setattr_default_np(&hopeless);
    pthread_attr_destroy(&hopeless);
  }
  NoThreads(const NoThreads&) = delete;
  NoThreads& operator=(const NoThreads&) = delete;
  ~NoThreads() {
    pthread_setattr_default_np(&before_);
    pthread_attr_destroy(&before_);
  }

 private:
  pthread_attr_t before_;
};

}  // namespace clew::base::testing

#pragma once

#include <concepts>
#include <condition_variable>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

#include "base/worker_pool.h"

namespace clew::base {

/// What a function gives: at once, or when something that is under way has ended, so that no thread
/// has to wait for it. Converts from what it is there for, so that `return value;` gives it at
/// once. It is taken once: by Then, Map or Wait.
template <typename T>
class [[nodiscard]] Later {
  struct State {
    std::mutex mutex;
    std::optional<T> value;
    std::move_only_function<void(T)> take;
  };

 public:
  /// Of whoever gives the value. One that is destroyed without being kept ends the process: who
  /// waits would wait for ever.
  class Promise {
   public:
    Promise(Promise&&) noexcept = default;
    Promise& operator=(Promise&&) = delete;
    ~Promise() {
      if (state_ != nullptr) std::terminate();
    }

    /// Once. Any thread; calls there what the value was awaited with.
    void Keep(T value) {
      const std::shared_ptr<State> state = std::move(state_);
      std::unique_lock lock(state->mutex);
      if (state->take == nullptr) {
        state->value.emplace(std::move(value));
        return;
      }
      auto take = std::exchange(state->take, nullptr);
      lock.unlock();
      take(std::move(value));
    }

   private:
    friend class Later;
    explicit Promise(std::shared_ptr<State> state) : state_(std::move(state)) {}

    std::shared_ptr<State> state_;
  };

  template <typename U>
    requires(std::convertible_to<U, T> && !std::same_as<std::remove_cvref_t<U>, Later>)
  Later(U&& value) : content_(std::in_place_index<0>, std::forward<U>(value)) {}

  /// One whose value is there when the promise is kept.
  static std::pair<Later, Promise> Promised() {
    auto state = std::make_shared<State>();
    return {Later(state), Promise(state)};
  }

  /// The value, when it was given at once; null when it was promised.
  const T* now() const { return std::get_if<0>(&content_); }

  /// Calls `take` with the value: at once when it is there, else on the thread that keeps the
  /// promise, which others wait for: it must be short.
  void Then(std::move_only_function<void(T)> take) && {
    if (T* value = std::get_if<0>(&content_)) return take(std::move(*value));
    State& state = *std::get<1>(content_);
    std::unique_lock lock(state.mutex);
    if (!state.value.has_value()) {
      state.take = std::move(take);
      return;
    }
    lock.unlock();
    take(*std::move(state.value));
  }

  /// What `map` makes of the value, called as Then does.
  template <typename Map>
  Later<std::invoke_result_t<Map, T>> MapBy(Map map) && {
    if (T* value = std::get_if<0>(&content_)) return map(std::move(*value));
    auto [later, promise] = Later<std::invoke_result_t<Map, T>>::Promised();
    std::move(*this).Then([map = std::move(map), promise = std::move(promise)](T value) mutable {
      promise.Keep(map(std::move(value)));
    });
    return std::move(later);
  }

  /// Waits for it, in a WorkerPool::BlockingScope.
  T Wait() && {
    if (T* value = std::get_if<0>(&content_)) return std::move(*value);
    const WorkerPool::BlockingScope waiting;
    std::mutex mutex;
    std::condition_variable is_here;
    std::optional<T> value;
    std::move(*this).Then([&](T given) {
      const std::scoped_lock lock(mutex);
      value.emplace(std::move(given));
      is_here.notify_one();  // under the lock: after it all this may be gone
    });
    std::unique_lock lock(mutex);
    is_here.wait(lock, [&] { return value.has_value(); });
    return *std::move(value);
  }

 private:
  explicit Later(std::shared_ptr<State> state)
      : content_(std::in_place_index<1>, std::move(state)) {}

  std::variant<T, std::shared_ptr<State>> content_;
};

}  // namespace clew::base

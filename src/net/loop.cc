#include "net/loop.h"

#include <boost/asio/post.hpp>
#include <future>
#include <utility>

namespace clew::net {

void Loop::Defer(std::function<void()> turn) {
  turns_.push_back(std::move(turn));
  if (!is_turn_posted_) PostTurn();
}

void Loop::PostTurn() {
  // Behind what is ready, and what the kernel says to be so.
  boost::asio::post(context, [this] {
    is_turn_posted_ = false;
    const std::function<void()> turn = std::move(turns_.front());
    turns_.pop_front();
    if (!turns_.empty()) PostTurn();
    turn();
  });
  is_turn_posted_ = true;
}

void Loop::RunAndWait(const std::function<void()>& function) {
  std::promise<void> done;
  boost::asio::post(context, [&] {
    function();
    done.set_value();
  });
  done.get_future().wait();
}

}  // namespace clew::net

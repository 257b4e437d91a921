#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace clew::base {

/// An immutable range of bytes that keeps its memory alive. Copying shares; any thread may read.
class Bytes {
 public:
  Bytes() = default;
  /// Takes over `text`.
  explicit Bytes(std::string text) {
    auto owner = std::make_shared<const std::string>(std::move(text));
    view_ = *owner;
    owner_ = std::move(owner);
  }
  /// `view` must lie in memory that `owner` keeps alive.
  Bytes(std::shared_ptr<const void> owner, std::string_view view)
      : owner_(std::move(owner)), view_(view) {}

  std::string_view view() const { return view_; }
  std::size_t size() const { return view_.size(); }
  bool empty() const { return view_.empty(); }
  const std::shared_ptr<const void>& owner() const { return owner_; }
  /// `part` must lie inside view().
  Bytes Share(std::string_view part) const { return Bytes(owner_, part); }

 private:
  std::shared_ptr<const void> owner_;
  std::string_view view_;
};

}  // namespace clew::base

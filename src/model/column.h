#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <initializer_list>
#include <memory>
#include <new>
#include <ranges>
#include <span>
#include <type_traits>
#include <utility>

namespace clew::model {

/// A vector that is shared by its copies, and copied when one of them is edited: to copy it is to
/// count one more owner. It is read as a vector is; what changes values has names of its own (Set,
/// Edit), so that nothing is copied by accident.
///
/// An object is for one thread at a time, as a vector is. Copies are independent of each other, on
/// whichever threads: a value that two of them see never changes. What lies behind the end of a
/// copy stays its original's, which goes on appending in place.
template <typename T>
class Column {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  using value_type = T;
  using const_iterator = const T*;

  constexpr Column() = default;
  Column(std::initializer_list<T> values) { Append(values); }
  explicit Column(std::span<const T> values) { Append(values); }
  Column(const Column& other) : values_(other.values_), end_(other.end_), room_(other.end_) {
    if (values_ != nullptr) block().owners.fetch_add(1, std::memory_order_relaxed);
  }
  Column(Column&& other) noexcept { Swap(other); }
  Column& operator=(const Column& other) {
    Column(other).Swap(*this);
    return *this;
  }
  Column& operator=(Column&& other) noexcept {
    Column(std::move(other)).Swap(*this);
    return *this;
  }
  constexpr ~Column() {
    if (values_ != nullptr) Release();
  }

  std::size_t size() const { return static_cast<std::size_t>(end_ - values_); }
  bool empty() const { return end_ == values_; }
  const T* data() const { return values_; }
  const T* begin() const { return values_; }
  const T* end() const { return end_; }
  const T& operator[](std::size_t row) const { return values_[row]; }
  const T& front() const { return values_[0]; }
  const T& back() const { return end_[-1]; }

  /// All values, to be changed: a copy of them when others share them. Void once this is changed
  /// otherwise, or copied.
  std::span<T> Edit() {
    if (!IsSoleOwner()) Reallocate(size());
    return {values_, end_};
  }
  /// Changes one value; for many, Edit() asks only once whether they are shared.
  void Set(std::size_t row, T value) { Edit()[row] = value; }

  void push_back(T value) {
    if (end_ == room_) Grow(size() + 1);
    *end_++ = value;
  }
  /// `values` are not this column's own.
  void Append(std::span<const T> values) {
    if (values.size() > static_cast<std::size_t>(room_ - end_)) Grow(size() + values.size());
    end_ = std::copy(values.begin(), values.end(), end_);
  }
  void reserve(std::size_t count) {
    if (count > room()) Reallocate(count);
  }
  /// Values that are added are T().
  void resize(std::size_t count) {
    if (count > room()) Grow(count);
    T* const end = values_ + count;
    if (end > end_) std::fill(end_, end, T());
    // Others may see what is now behind the end.
    if (end < end_ && !IsSoleOwner()) room_ = end;
    end_ = end;
  }

  /// Bytes on the heap, which its copies count, too.
  std::size_t heap_size() const {
    return values_ == nullptr ? 0 : sizeof(Block) + block().capacity * sizeof(T);
  }

  friend bool operator==(const Column& a, const Column& b) { return std::ranges::equal(a, b); }

 private:
  // Stands in front of the values.
  struct alignas(16) Block {
    std::atomic<std::size_t> owners;
    std::size_t capacity;
  };
  static_assert(alignof(T) <= alignof(Block));

  Block& block() const { return *(reinterpret_cast<Block*>(values_) - 1); }

  // With it one sees all that former owners did.
  bool IsSoleOwner() const {
    return values_ == nullptr || block().owners.load(std::memory_order_acquire) == 1;
  }

  // So many values there are or may be appended without asking who else owns the block.
  std::size_t room() const { return static_cast<std::size_t>(room_ - values_); }

  void Swap(Column& other) noexcept {
    std::swap(values_, other.values_);
    std::swap(end_, other.end_);
    std::swap(room_, other.room_);
  }

  void Release() {
    Block* const block = &this->block();
    if (block->owners.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
    std::destroy_at(block);
    ::operator delete(block);
  }

  // Room for `count` values, and some more.
  void Grow(std::size_t count) {
    if (values_ != nullptr && block().capacity >= count && IsSoleOwner()) {
      room_ = values_ + block().capacity;
    } else {
      Reallocate(std::max(count, 2 * size()));
    }
  }

  // `capacity` is not less than the size.
  void Reallocate(std::size_t capacity) {
    void* const memory = ::operator new(sizeof(Block) + capacity * sizeof(T));
    Block* const block = ::new (memory) Block{1, capacity};
    T* const values = reinterpret_cast<T*>(block + 1);
    T* const end = std::copy(values_, end_, values);
    if (values_ != nullptr) Release();
    values_ = values;
    end_ = end;
    room_ = values + capacity;
  }

  // As those of a vector, the first of them behind its Block.
  T* values_ = nullptr;
  T* end_ = nullptr;
  T* room_ = nullptr;
};

template <typename Range>
explicit Column(const Range&) -> Column<std::ranges::range_value_t<Range>>;

}  // namespace clew::model

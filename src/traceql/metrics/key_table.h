#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/hash.h"
#include "traceql/metrics/meter.h"

namespace clew::traceql::metrics {

/// Numbers keys in the order of their coming, from 0 on. One thread.
class KeyTable {
 public:
  /// `meter` outlives it.
  explicit KeyTable(Meter* meter) : meter_(*meter) {}

  /// The number of a key, a new one when it is new; nothing when that takes too much memory.
  std::optional<std::uint32_t> Number(std::string_view key);
  /// Views that last as long as this does.
  const std::vector<std::string_view>& keys() const { return keys_; }
  std::size_t size() const { return keys_.size(); }
  /// Forgets all keys, and gives back their memory.
  void Clear();

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view key) const { return base::Hash64(key); }
  };

  static std::uint64_t BytesOf(std::string_view key);

  Meter& meter_;
  std::unordered_map<std::string, std::uint32_t, Hash, std::equal_to<>> numbers_;
  std::vector<std::string_view> keys_;
};

}  // namespace clew::traceql::metrics

#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string_view>
#include <utility>

/// What a batch, a pipeline or a record of the log is about.
namespace clew::model {

/// The numbers are those of the log's format (docs/formats/log.md).
enum class Signal : std::uint8_t { kTraces = 0, kMetrics = 1, kLogs = 2, kProfiles = 3 };

inline constexpr std::array kSignals = {Signal::kTraces, Signal::kMetrics, Signal::kLogs,
                                        Signal::kProfiles};

/// "traces", "metrics", "logs" or "profiles", as in the id of a pipeline.
constexpr std::string_view NameOf(Signal signal) {
  constexpr std::array<std::string_view, kSignals.size()> kNames = {"traces", "metrics", "logs",
                                                                    "profiles"};
  return kNames[std::to_underlying(signal)];
}

/// The signal of this name, or none.
constexpr std::optional<Signal> SignalOf(std::string_view name) {
  for (const Signal signal : kSignals) {
    if (NameOf(signal) == name) return signal;
  }
  return std::nullopt;
}

/// A set of signals.
class SignalSet {
 public:
  constexpr SignalSet() = default;
  constexpr SignalSet(std::initializer_list<Signal> signals) {
    for (const Signal signal : signals) Add(signal);
  }
  static constexpr SignalSet All() {
    SignalSet all;
    for (const Signal signal : kSignals) all.Add(signal);
    return all;
  }

  constexpr void Add(Signal signal) { bits_ |= 1u << std::to_underlying(signal); }
  constexpr bool Contains(Signal signal) const {
    return (bits_ >> std::to_underlying(signal) & 1u) != 0;
  }
  constexpr bool empty() const { return bits_ == 0; }
  /// Not of an empty set.
  constexpr Signal first() const { return static_cast<Signal>(std::countr_zero(bits_)); }

  bool operator==(const SignalSet&) const = default;

 private:
  std::uint32_t bits_ = 0;
};

}  // namespace clew::model

#include "traceql/metrics/span_weight.h"

#include <charconv>
#include <cmath>
#include <cstddef>
#include <system_error>

namespace clew::traceql::metrics {
namespace {

/// What is before the first `separator`; removes both from `rest`.
std::string_view TakePart(char separator, std::string_view* rest) {
  const std::size_t end = rest->find(separator);
  const std::string_view part = rest->substr(0, end);
  rest->remove_prefix(end == std::string_view::npos ? rest->size() : end + 1);
  return part;
}

std::string_view Trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

/// Up to 14 hex digits, whose zeros at the end may be missing: what of 2^56 was not sampled.
std::optional<double> WeightOfThreshold(std::string_view digits) {
  constexpr std::size_t kDigitsMax = 14;
  constexpr std::uint64_t kAll = std::uint64_t{1} << (4 * kDigitsMax);
  if (digits.empty() || digits.size() > kDigitsMax) return std::nullopt;
  std::uint64_t rejected = 0;
  const char* const end = digits.data() + digits.size();
  const auto [rest, error] = std::from_chars(digits.data(), end, rejected, 16);
  if (error != std::errc() || rest != end) return std::nullopt;
  rejected <<= 4 * (kDigitsMax - digits.size());
  return static_cast<double>(kAll) / static_cast<double>(kAll - rejected);
}

}  // namespace

std::optional<double> WeightOfTraceState(std::string_view trace_state) {
  constexpr std::string_view kVendor = "ot=";
  constexpr std::string_view kThreshold = "th:";
  while (!trace_state.empty()) {
    std::string_view member = Trimmed(TakePart(',', &trace_state));
    if (!member.starts_with(kVendor)) continue;
    member.remove_prefix(kVendor.size());
    while (!member.empty()) {
      const std::string_view entry = TakePart(';', &member);
      if (entry.starts_with(kThreshold)) return WeightOfThreshold(entry.substr(kThreshold.size()));
    }
    return std::nullopt;
  }
  return std::nullopt;
}

std::optional<double> WeightOfSampleRate(const evaluate::Value& sample_rate) {
  const bool is_number = sample_rate.kind == evaluate::Value::Kind::kInt ||
                         sample_rate.kind == evaluate::Value::Kind::kFloat;
  if (!is_number) return std::nullopt;
  const double rate = sample_rate.AsReal();
  return std::isfinite(rate) && rate >= 1 ? std::optional(rate) : std::nullopt;
}

double WeightOf(std::string_view trace_state, const evaluate::Value& sample_rate) {
  if (const auto weight = WeightOfTraceState(trace_state)) return *weight;
  return WeightOfSampleRate(sample_rate).value_or(1);
}

}  // namespace clew::traceql::metrics

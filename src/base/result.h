#pragma once

#include <fmt/core.h>

#include <chrono>
#include <expected>
#include <optional>
#include <string>
#include <utility>

namespace clew::base {

/// The canonical codes of gRPC, with its numbers, so that they travel unchanged
/// (grpc.io status codes; otlp.md section 4).
enum class Code : int {
  kOk = 0,
  kCancelled = 1,
  kUnknown = 2,
  kInvalidArgument = 3,
  kDeadlineExceeded = 4,
  kNotFound = 5,
  kAlreadyExists = 6,
  kPermissionDenied = 7,
  kResourceExhausted = 8,
  kFailedPrecondition = 9,
  kAborted = 10,
  kOutOfRange = 11,
  kUnimplemented = 12,
  kInternal = 13,
  kUnavailable = 14,
  kDataLoss = 15,
  kUnauthenticated = 16,
};

/// Gives the name as gRPC spells it, e.g. "INVALID_ARGUMENT".
const char* CodeName(Code code);

/// Why an operation failed, and what its caller can do.
///
/// `message` is lower case without a final stop, names the object and the offending value,
/// says what to do next and never holds a secret. `retry_after` is set when the same call may
/// succeed later; it reaches the sender as RetryInfo or Retry-After.
struct Error {
  Code code = Code::kUnknown;
  std::string message;
  std::optional<std::chrono::nanoseconds> retry_after{};

  /// Gives the error with "context: " put in front of its message.
  [[nodiscard]] Error Annotate(const std::string& context) &&;

  /// True when the sender may send the same again (otlp.md section 4, client side table).
  bool is_retryable() const;
};

/// The only error channel between modules. Exceptions stay inside the adapter of a library that
/// throws.
template <typename T>
using Result = std::expected<T, Error>;
using Status = Result<void>;

template <typename... Args>
std::unexpected<Error> MakeError(Code code, fmt::format_string<Args...> format, Args&&... args) {
  return std::unexpected(Error{code, fmt::format(format, std::forward<Args>(args)...)});
}

template <typename... Args>
std::unexpected<Error> InvalidArgument(fmt::format_string<Args...> format, Args&&... args) {
  return MakeError(Code::kInvalidArgument, format, std::forward<Args>(args)...);
}

template <typename... Args>
std::unexpected<Error> NotFound(fmt::format_string<Args...> format, Args&&... args) {
  return MakeError(Code::kNotFound, format, std::forward<Args>(args)...);
}

template <typename... Args>
std::unexpected<Error> Internal(fmt::format_string<Args...> format, Args&&... args) {
  return MakeError(Code::kInternal, format, std::forward<Args>(args)...);
}

template <typename... Args>
std::unexpected<Error> Unavailable(fmt::format_string<Args...> format, Args&&... args) {
  return MakeError(Code::kUnavailable, format, std::forward<Args>(args)...);
}

template <typename... Args>
std::unexpected<Error> DataLoss(fmt::format_string<Args...> format, Args&&... args) {
  return MakeError(Code::kDataLoss, format, std::forward<Args>(args)...);
}

}  // namespace clew::base

/// Returns the error of `expression` from the calling function, or goes on.
#define TRY(expression)                                              \
  do {                                                               \
    if (auto try_result_ = (expression); !try_result_.has_value()) { \
      return std::unexpected(std::move(try_result_).error());        \
    }                                                                \
  } while (false)

#define CLEW_CONCAT_INNER_(a, b) a##b
#define CLEW_CONCAT_(a, b) CLEW_CONCAT_INNER_(a, b)
#define CLEW_ASSIGN_OR_RETURN_(name, lhs, expression) \
  auto name = (expression);                           \
  if (!name.has_value()) {                            \
    return std::unexpected(std::move(name).error());  \
  }                                                   \
  lhs = std::move(*name)

/// Assigns the value of `expression` to `lhs`, or returns its error from the calling function.
#define ASSIGN_OR_RETURN(lhs, expression) \
  CLEW_ASSIGN_OR_RETURN_(CLEW_CONCAT_(assign_result_, __LINE__), lhs, expression)

#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/client/tempo_answers.h"
#include "base/vocabulary.h"

namespace clew::app::cli {

/// A command line that is being typed, as far as it asks a query.
struct TypedLine {
  bool operator==(const TypedLine&) const = default;

  /// What of the query there is, which goes on to the end of the line.
  std::string query{};
  /// Of --tempo and --tenant; nothing where they are not given.
  std::optional<std::string> url{};
  std::optional<std::string> tenant{};
};

/// Reads `clew query '{ .a = ` as a shell does, up to the place of the cursor. Nothing when it is
/// another command, or when it is not a word in single quotes that is being typed: in double ones
/// the quotes of TraceQL would need a backslash each.
std::optional<TypedLine> ReadTypedLine(std::string_view line);

/// What a query can go on with.
struct Completion {
  /// What of the query stays as it is.
  std::string kept{};
  /// What may stand behind it, in order. Where it is one thing only there are several that begin
  /// with it, so that a shell does not close the quotes behind it.
  std::vector<std::string> words{};
};

/// Where names and values come from.
struct TagSource {
  std::function<Result<std::vector<api::client::ListedTag>>(std::string_view query)> tags;
  std::function<Result<std::vector<api::client::ListedValue>>(std::string_view name,
                                                              std::string_view query)>
      values;
};

/// Nothing where nothing is known, and for what cannot be asked for. Words are of one line, and
/// have nothing that ends single quotes or steers a terminal.
Completion CompleteQuery(std::string_view query, const TagSource& source);

}  // namespace clew::app::cli

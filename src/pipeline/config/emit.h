#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "pipeline/config/binder.h"

namespace clew::pipeline {

enum class Secrecy { kRedacted, kShown };

/// `text` as a YAML scalar that reads back as the same text, `$` escaped for expansion.
std::string EmitText(std::string_view text);

/// Every field of `section` with its value, one a line, as YAML at `indent` spaces; "" when it has
/// no fields. Reads back to the same section (with Secrecy::kShown).
std::string EmitSection(Section& section, int indent, Secrecy secrecy);

/// One field of a section, for the reference in docs/.
struct FieldInfo {
  /// Below the section, joined with "::".
  std::string path;
  /// "bool", "int", "text", "duration", "one of a, b", "section", "optional section", …
  std::string type;
  /// The value in the given section; empty for sections.
  std::string default_value;
  std::string help;
};

/// All fields in the order of their description, nested ones after their section.
std::vector<FieldInfo> ListFields(Section& section);

}  // namespace clew::pipeline

#include "app/translate/emit_node.h"

#include "pipeline/config/emit.h"

namespace clew::app::translate {
namespace {

using pipeline::Node;

std::string ScalarText(const Node& node) {
  if (node.is_null()) return "null";
  if (node.type != pipeline::ScalarType::kString) return node.text;
  if (!node.text.contains("${")) return pipeline::EmitText(node.text);
  // Of what is expanded later the quotes are of YAML.
  std::string quoted = "'";
  for (const char c : node.text) {
    if (c == '\'') quoted += c;
    quoted += c;
  }
  return quoted + "'";
}

void Emit(const Node& node, const std::string& indent, std::string* out) {
  for (const Node::Entry& entry : node.entries) {
    const Node& value = entry.value;
    *out += indent + pipeline::EmitText(entry.key) + ":";
    if (value.is_map() && !value.entries.empty()) {
      *out += "\n";
      Emit(value, indent + "  ", out);
    } else if (value.kind == Node::Kind::kList) {
      *out += " [";
      for (const Node& item : value.items) {
        if (&item != value.items.data()) *out += ", ";
        *out += ScalarText(item);
      }
      *out += "]\n";
    } else {
      *out += value.is_map() ? " {}\n" : " " + ScalarText(value) + "\n";
    }
  }
}

}  // namespace

std::string EmitNode(const Node& node) {
  std::string text;
  Emit(node, "", &text);
  return text;
}

}  // namespace clew::app::translate

#include "pipeline/config/emit.h"

#include <fmt/format.h>

#include "base/duration.h"
#include "base/url.h"
#include "pipeline/config/node.h"

namespace clew::pipeline {
namespace {

constexpr std::string_view kRedacted = "\"[REDACTED]\"";

bool IsPlainSafe(std::string_view text) {
  if (text.empty() || ResolvePlainScalar(text) != ScalarType::kString) return false;
  const auto is_word = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '/' || c == '.';
  };
  if (!is_word(text.front()) || text.back() == ':') return false;
  for (const char c : text) {
    if (!is_word(c) && c != '-' && c != ':') return false;
  }
  // Plain in clew, yet a boolean for readers of YAML 1.1.
  for (const std::string_view word : {"yes", "no", "on", "off", "y", "n"}) {
    if (text == word) return false;
  }
  return true;
}

std::string EmitNumber(double value) {
  std::string text = fmt::format("{}", value);
  return text;
}

/// What both visitors below share: each field becomes a type and a value in YAML.
class VisitBinder : public Binder {
 public:
  explicit VisitBinder(Secrecy secrecy) : secrecy_(secrecy) {}

  void Field(std::string_view name, bool* value, std::string_view help) override {
    Visit(name, "bool", *value ? "true" : "false", help);
  }
  void Field(std::string_view name, std::int64_t* value, std::string_view help) override {
    Visit(name, "int", fmt::format("{}", *value), help);
  }
  void Field(std::string_view name, std::uint64_t* value, std::string_view help) override {
    Visit(name, "uint", fmt::format("{}", *value), help);
  }
  void Field(std::string_view name, double* value, std::string_view help) override {
    Visit(name, "number", EmitNumber(*value), help);
  }
  void Field(std::string_view name, std::string* value, std::string_view help) override {
    Visit(name, "text", EmitShown(*value), help);
  }
  void Word(std::string_view name, std::string* value, std::string_view help) override {
    Field(name, value, help);
  }
  void Field(std::string_view name, Secret* value, std::string_view help) override {
    Visit(name, "secret", EmitSecret(*value), help);
  }
  void Field(std::string_view name, Nanos* value, std::string_view help) override {
    Visit(name, "duration", base::FormatDuration(*value), help);
  }
  void Field(std::string_view name, std::vector<std::string>* value,
             std::string_view help) override {
    std::string text = "[";
    for (const std::string& item : *value) {
      if (text.size() > 1) text += ", ";
      text += EmitShown(item);
    }
    Visit(name, "list of texts", text + "]", help);
  }
  void Field(std::string_view name, std::map<std::string, Secret>* value,
             std::string_view help) override {
    std::string text = "{";
    for (const auto& [key, secret] : *value) {
      if (text.size() > 1) text += ", ";
      text += fmt::format("{}: {}", EmitText(key), EmitSecret(secret));
    }
    Visit(name, "map of secrets", text + "}", help);
  }
  void Choice(std::string_view name, std::string* value, const std::vector<std::string>& allowed,
              std::string_view help) override {
    Visit(name, fmt::format("one of {}", fmt::join(allowed, ", ")), EmitText(*value), help);
  }

 protected:
  virtual void Visit(std::string_view name, std::string type, std::string value,
                     std::string_view help) = 0;

 private:
  std::string EmitSecret(const Secret& secret) const {
    if (secrecy_ == Secrecy::kShown || secret.value.empty()) return EmitText(secret.value);
    return std::string(kRedacted);
  }

  /// A text that is no secret may be a URL that holds one.
  std::string EmitShown(const std::string& text) const {
    return EmitText(secrecy_ == Secrecy::kShown ? text : base::RedactUrls(text));
  }

  const Secrecy secrecy_;
};

class EmitBinder final : public VisitBinder {
 public:
  EmitBinder(int indent, Secrecy secrecy)
      : VisitBinder(secrecy), indent_(indent), secrecy_(secrecy) {}

  void Nested(std::string_view name, Section* section, std::string_view) override {
    const std::string body = EmitSection(*section, indent_ + 2, secrecy_);
    text_ += fmt::format("{:{}}{}:{}", "", indent_, name, body.empty() ? " {}\n" : "\n") + body;
  }
  void Optional(std::string_view name, bool* is_enabled, Section* section,
                std::string_view help) override {
    if (*is_enabled) return Nested(name, section, help);
    text_ += fmt::format("{0:{1}}{2}:\n{0:{3}}enabled: false\n", "", indent_, name, indent_ + 2);
  }

  std::string TakeText() { return std::move(text_); }

 protected:
  void Visit(std::string_view name, std::string, std::string value, std::string_view) override {
    text_ += fmt::format("{:{}}{}: {}\n", "", indent_, name, value);
  }

 private:
  const int indent_;
  const Secrecy secrecy_;
  std::string text_;
};

class ListBinder final : public VisitBinder {
 public:
  explicit ListBinder(std::vector<FieldInfo>& fields)
      : VisitBinder(Secrecy::kRedacted), fields_(fields) {}

  void Nested(std::string_view name, Section* section, std::string_view help) override {
    Descend(name, "section", section, help);
  }
  void Optional(std::string_view name, bool* is_enabled, Section* section,
                std::string_view help) override {
    Descend(name, *is_enabled ? "optional section, on" : "optional section, off", section, help);
  }

 protected:
  void Visit(std::string_view name, std::string type, std::string value,
             std::string_view help) override {
    fields_.push_back(
        {prefix_ + std::string(name), std::move(type), std::move(value), std::string(help)});
  }

 private:
  void Descend(std::string_view name, std::string type, Section* section, std::string_view help) {
    Visit(name, std::move(type), "", help);
    const std::string outer = prefix_;
    prefix_ += std::string(name) + "::";
    section->Describe(*this);
    prefix_ = outer;
  }

  std::vector<FieldInfo>& fields_;
  std::string prefix_;
};

}  // namespace

std::string EmitText(std::string_view text) {
  if (IsPlainSafe(text)) return std::string(text);
  std::string quoted = "\"";
  for (const char c : text) {
    switch (c) {
      case '"':
        quoted += "\\\"";
        break;
      case '\\':
        quoted += "\\\\";
        break;
      case '\n':
        quoted += "\\n";
        break;
      case '\t':
        quoted += "\\t";
        break;
      case '$':
        quoted += "$$";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
          quoted += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
        } else {
          quoted += c;
        }
    }
  }
  return quoted + '"';
}

std::string EmitSection(Section& section, int indent, Secrecy secrecy) {
  EmitBinder binder(indent, secrecy);
  section.Describe(binder);
  return binder.TakeText();
}

std::vector<FieldInfo> ListFields(Section& section) {
  std::vector<FieldInfo> fields;
  ListBinder binder(fields);
  section.Describe(binder);
  return fields;
}

}  // namespace clew::pipeline

#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/vocabulary.h"

namespace clew::pipeline {

/// Text that is never printed: shown as [REDACTED].
struct Secret {
  std::string value;
};

/// What is wrong with a configuration: every problem, each with its path below the component.
class Problems {
 public:
  /// `path` is joined with "::", e.g. "protocols::grpc::endpoint"; empty for the whole.
  virtual ~Problems() = default;
  virtual void Add(std::string_view path, std::string message) = 0;
};

class Binder;

/// A file or a directory, and the key of the setting that names it. As long as the Section.
struct OwnPath {
  std::string_view key;
  std::string_view path;
  /// In the directory: the files, and the folders with all below, that nobody else may write.
  std::vector<std::string_view> files{};
  std::vector<std::string_view> folders{};
};

/// A struct of settings with their defaults. Describe names each field once; reading a file,
/// printing the effective configuration and the reference in docs/ all use that one description.
class Section {
 public:
  virtual ~Section() = default;
  virtual void Describe(Binder& binder) = 0;
  /// Rules that go beyond types. Says every problem, not only the first.
  virtual void Validate(Problems&) const {}

  // ---- what the rules between components look at (CheckConfig) ----

  /// Of what takes spans or gives them out: whether each belongs to a tenant who is named.
  virtual std::optional<bool> SeparatesTenants() const { return std::nullopt; }
  /// Of what writes into a storage extension or reads from it: its id. Empty: none.
  virtual std::string_view StorageId() const { return {}; }
  /// Of extensions: whether it is what a StorageId may name.
  virtual bool IsStorage() const { return false; }
  /// Of what keeps a file or a directory for itself alone: which. Without a path: none.
  virtual OwnPath FindOwnPath() const { return {}; }

  // ---- what a reload looks at before it stops anything ----

  /// Whether its component has a client of gRPC's library, which needs threads of its own.
  virtual bool UsesGrpc() const { return false; }
};

/// Visits the fields of a Section. `name` is the key in the file; `help` is one sentence, with the
/// unit. The pointer stays valid during the call only.
class Binder {
 public:
  virtual ~Binder() = default;
  virtual void Field(std::string_view name, bool* value, std::string_view help) = 0;
  virtual void Field(std::string_view name, std::int64_t* value, std::string_view help) = 0;
  virtual void Field(std::string_view name, std::uint64_t* value, std::string_view help) = 0;
  virtual void Field(std::string_view name, double* value, std::string_view help) = 0;
  virtual void Field(std::string_view name, std::string* value, std::string_view help) = 0;
  virtual void Field(std::string_view name, Secret* value, std::string_view help) = 0;
  /// Go duration text.
  virtual void Field(std::string_view name, Nanos* value, std::string_view help) = 0;
  virtual void Field(std::string_view name, std::vector<std::string>* value,
                     std::string_view help) = 0;
  /// A map, or a list of {name, value}; values are hidden when printed (they may be tokens).
  virtual void Field(std::string_view name, std::map<std::string, Secret>* value,
                     std::string_view help) = 0;
  /// A word of an enumeration that Validate knows; in any case of letters, kept in lower case.
  virtual void Word(std::string_view name, std::string* value, std::string_view help) = 0;
  /// One of `allowed`, in any case of letters; kept as it stands there.
  virtual void Choice(std::string_view name, std::string* value,
                      const std::vector<std::string>& allowed, std::string_view help) = 0;
  /// A nested section that is always there.
  virtual void Nested(std::string_view name, Section* section, std::string_view help) = 0;
  /// A nested section that is on when its key is present (null and {} mean defaults) unless it says
  /// `enabled: false`; `*is_enabled` holds the default and the outcome (collector-config.md 1).
  virtual void Optional(std::string_view name, bool* is_enabled, Section* section,
                        std::string_view help) = 0;
};

}  // namespace clew::pipeline

#pragma once

#include <memory>

#include "storage/storage.h"

namespace clew::storage {

/// Who owns the embedded store: the storage extension, found by its id. Any thread.
class StorageProvider {
 public:
  virtual ~StorageProvider() = default;
  /// Null before the extension's start and from its stop on. Who holds it keeps it alive: hold it
  /// for a call, or until an own stop that comes before the extension's. The extension's stop waits
  /// for its holders until its deadline; from then on the store refuses what is appended.
  virtual std::shared_ptr<Storage> storage() = 0;
};

}  // namespace clew::storage

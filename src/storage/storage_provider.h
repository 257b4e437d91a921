#pragma once

#include "storage/storage.h"

namespace clew::storage {

/// Who owns the embedded store: the storage extension, found by its id. The store is there from the
/// extension's start until its stop.
class StorageProvider {
 public:
  virtual ~StorageProvider() = default;
  virtual Storage& storage() = 0;
};

}  // namespace clew::storage

#include <map>
#include <mutex>
#include <utility>

#include "storage/object_store/object_name.h"
#include "storage/object_store/object_store.h"

namespace clew::storage {
namespace {

class MemoryObjectStore final : public ObjectStore {
 public:
  Status PutIfAbsent(const std::string& name, const std::vector<std::string_view>& parts) override {
    TRY(CheckObjectName(name));
    std::string content;
    for (const std::string_view part : parts) content += part;
    const std::scoped_lock lock(mutex_);
    if (objects_.contains(name)) {
      return base::MakeError(Code::kAlreadyExists, "object {} exists already", name);
    }
    if (IsFolder(name) || IsBelowObject(name)) {
      return base::MakeError(Code::kFailedPrecondition, "object {} would be another's folder",
                             name);
    }
    objects_.emplace(name, Object{Bytes(std::move(content)), ++last_version_});
    return {};
  }

  Result<Bytes> Get(const std::string& name) override {
    TRY(CheckObjectName(name));
    const std::scoped_lock lock(mutex_);
    const auto found = objects_.find(name);
    if (found == objects_.end()) return base::NotFound("object {} does not exist", name);
    return found->second.content;
  }

  Result<std::vector<Bytes>> GetRanges(const std::string& name,
                                       const std::vector<ByteRange>& ranges) override {
    ASSIGN_OR_RETURN(const Bytes object, Get(name));
    std::vector<Bytes> parts;
    parts.reserve(ranges.size());
    for (const auto [offset, length] : ranges) {
      if (offset > object.size() || length > object.size() - offset) {
        return base::MakeError(Code::kOutOfRange, "object {} has {} bytes, not {} at {}", name,
                               object.size(), length, offset);
      }
      parts.emplace_back(std::string(object.view().substr(offset, length)));
    }
    return parts;
  }

  Result<Bytes> GetTail(const std::string& name, std::uint64_t length) override {
    ASSIGN_OR_RETURN(const Bytes object, Get(name));
    const std::size_t size = object.size();
    return object.Share(object.view().substr(length < size ? size - length : 0));
  }

  Result<ObjectInfo> Stat(const std::string& name) override {
    TRY(CheckObjectName(name));
    const std::scoped_lock lock(mutex_);
    const auto found = objects_.find(name);
    if (found == objects_.end()) return base::NotFound("object {} does not exist", name);
    return ObjectInfo{name, found->second.content.size(), found->second.version};
  }

  Result<std::vector<ObjectInfo>> List(std::string_view prefix) override {
    std::vector<ObjectInfo> infos;
    const std::scoped_lock lock(mutex_);
    if (IsBelowObject(std::string(prefix))) {
      return base::MakeError(Code::kFailedPrecondition, "{} is no folder: an object has its name",
                             prefix);
    }
    for (auto it = objects_.lower_bound(prefix); it != objects_.end(); ++it) {
      if (!it->first.starts_with(prefix)) break;
      infos.push_back({it->first, it->second.content.size(), it->second.version});
    }
    return infos;
  }

  Status Delete(const std::string& name) override {
    TRY(CheckObjectName(name));
    const std::scoped_lock lock(mutex_);
    objects_.erase(name);
    return {};
  }

  bool FreesRoom(const std::string& name) override {
    const std::scoped_lock lock(mutex_);
    return objects_.contains(name);
  }

 private:
  struct Object {
    Bytes content;
    std::int64_t version;
  };

  // As in a file system, no name is both an object and a folder. Call both with mutex_ held.
  bool IsFolder(const std::string& name) const {
    const auto below = objects_.lower_bound(name + '/');
    return below != objects_.end() && below->first.starts_with(name + '/');
  }
  bool IsBelowObject(const std::string& name) const {
    for (std::size_t slash = name.find('/'); slash != std::string::npos;
         slash = name.find('/', slash + 1)) {
      if (objects_.contains(name.substr(0, slash))) return true;
    }
    return false;
  }

  std::mutex mutex_;
  std::map<std::string, Object, std::less<>> objects_;
  std::int64_t last_version_ = 0;
};

}  // namespace

std::unique_ptr<ObjectStore> MakeMemoryObjectStore() {
  return std::make_unique<MemoryObjectStore>();
}

}  // namespace clew::storage

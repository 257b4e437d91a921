#include <mutex>
#include <utility>

#include "storage/object_store/object_store.h"

namespace clew::storage {
namespace {

class LateObjectStore final : public ObjectStore {
 public:
  explicit LateObjectStore(OpenObjects open) : open_(std::move(open)) {}

  Status PutIfAbsent(const std::string& name, const std::vector<std::string_view>& parts) override {
    ASSIGN_OR_RETURN(ObjectStore* const objects, Opened());
    return objects->PutIfAbsent(name, parts);
  }
  Result<Bytes> Get(const std::string& name) override {
    ASSIGN_OR_RETURN(ObjectStore* const objects, Opened());
    return objects->Get(name);
  }
  Result<std::vector<Bytes>> GetRanges(const std::string& name,
                                       const std::vector<ByteRange>& ranges) override {
    ASSIGN_OR_RETURN(ObjectStore* const objects, Opened());
    return objects->GetRanges(name, ranges);
  }
  Result<Bytes> GetTail(const std::string& name, std::uint64_t length) override {
    ASSIGN_OR_RETURN(ObjectStore* const objects, Opened());
    return objects->GetTail(name, length);
  }
  Result<ObjectInfo> Stat(const std::string& name) override {
    ASSIGN_OR_RETURN(ObjectStore* const objects, Opened());
    return objects->Stat(name);
  }
  Result<std::vector<ObjectInfo>> List(std::string_view prefix) override {
    ASSIGN_OR_RETURN(ObjectStore* const objects, Opened());
    return objects->List(prefix);
  }
  Status Delete(const std::string& name) override {
    ASSIGN_OR_RETURN(ObjectStore* const objects, Opened());
    return objects->Delete(name);
  }
  bool FreesRoom(const std::string& name) override {
    const Result<ObjectStore*> objects = Opened();
    return objects.has_value() && (*objects)->FreesRoom(name);
  }
  Status CheckReachable() const override {
    ASSIGN_OR_RETURN(const ObjectStore* const objects, Opened());
    return objects->CheckReachable();
  }
  bool IsReadElsewhere() override {
    const Result<ObjectStore*> objects = Opened();
    return !objects.has_value() || (*objects)->IsReadElsewhere();
  }

 private:
  Result<ObjectStore*> Opened() const {
    const std::scoped_lock lock(mutex_);
    if (objects_ == nullptr) {
      Result<std::unique_ptr<ObjectStore>> opened = open_();
      if (!opened.has_value()) return base::Unavailable("{}", opened.error().message);
      objects_ = *std::move(opened);
    }
    return objects_.get();
  }

  const OpenObjects open_;
  mutable std::mutex mutex_;
  mutable std::unique_ptr<ObjectStore> objects_;
};

}  // namespace

std::unique_ptr<ObjectStore> OpenLater(OpenObjects open) {
  return std::make_unique<LateObjectStore>(std::move(open));
}

}  // namespace clew::storage

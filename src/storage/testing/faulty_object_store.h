#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "storage/object_store/object_store.h"

namespace clew::storage::testing {

/// Objects in memory that can be told to fail. Any thread.
class FaultyObjectStore final : public ObjectStore {
 public:
  enum class Call { kPut, kGet, kTail, kRanges, kStat, kDelete };
  /// Calls fail with this until they are mended.
  void Fail(Call call, Error error) {
    const std::scoped_lock lock(mutex_);
    faults_[call] = std::move(error);
  }
  void Mend() {
    const std::scoped_lock lock(mutex_);
    faults_.clear();
  }

  /// Calls for objects whose name has this do not fail from now on.
  void Spare(std::string name_part) {
    const std::scoped_lock lock(mutex_);
    spared_part_ = std::move(name_part);
  }

  /// One byte of every object reads as another from now on, except at its end.
  void Spoil(std::uint64_t offset) {
    const std::scoped_lock lock(mutex_);
    spoiled_.push_back(offset);
  }

  Status PutIfAbsent(const std::string& name, const std::vector<std::string_view>& parts) override {
    if (on_put) on_put();
    TRY(Check(Call::kPut, name));
    if (is_next_name_taken.exchange(false)) TRY(objects_->PutIfAbsent(name, {"of another"}));
    if (is_each_put_twice) TRY(objects_->PutIfAbsent(name, parts));
    return objects_->PutIfAbsent(name, parts);
  }
  Result<Bytes> Get(const std::string& name) override {
    if (on_get) on_get();
    TRY(Check(Call::kGet, name));
    return objects_->Get(name);
  }
  Result<std::vector<Bytes>> GetRanges(const std::string& name,
                                       const std::vector<ByteRange>& ranges) override {
    TRY(CheckNotHidden(name));
    TRY(Check(Call::kRanges, name));
    ASSIGN_OR_RETURN(std::vector<Bytes> found, objects_->GetRanges(name, ranges));
    const std::scoped_lock lock(mutex_);
    for (const std::uint64_t offset : spoiled_) {
      for (std::size_t i = 0; i < found.size(); ++i) {
        if (offset < ranges[i].offset || offset - ranges[i].offset >= found[i].size()) continue;
        std::string bytes(found[i].view());
        bytes[offset - ranges[i].offset] ^= 1;
        found[i] = Bytes(std::move(bytes));
      }
    }
    return found;
  }
  Result<Bytes> GetTail(const std::string& name, std::uint64_t length) override {
    if (on_tail) on_tail();
    TRY(CheckNotHidden(name));
    TRY(Check(Call::kTail, name));
    return objects_->GetTail(name, length);
  }
  Result<ObjectInfo> Stat(const std::string& name) override {
    TRY(CheckNotHidden(name));
    TRY(Check(Call::kStat, name));
    return objects_->Stat(name);
  }
  Result<std::vector<ObjectInfo>> List(std::string_view prefix) override {
    if (on_list) on_list();
    if (!hidden_folder.empty() && prefix == hidden_folder) {
      return base::MakeError(hidden_code, "listing {}: input/output", prefix);
    }
    ASSIGN_OR_RETURN(std::vector<ObjectInfo> listed, objects_->List(prefix));
    if (hidden_folder.empty()) return listed;
    std::erase_if(listed,
                  [&](const auto& one) { return (one.name + '/').starts_with(hidden_folder); });
    listed.push_back({hidden_folder, 0});
    return listed;
  }
  Status Delete(const std::string& name) override {
    if (on_delete) on_delete(name);
    TRY(Check(Call::kDelete, name));
    return objects_->Delete(name);
  }

  bool FreesRoom(const std::string& name) override {
    return name != on_another_disk && objects_->FreesRoom(name);
  }
  Status CheckReachable() const override {
    if (is_away) return base::Unavailable("the objects are away");
    return {};
  }
  bool IsReadElsewhere() override { return is_read_elsewhere; }

  /// Called before each put, get, deletion, tail and listing; to be set while nobody else is here.
  std::function<void()> on_put;
  std::function<void()> on_get;
  std::function<void(const std::string& name)> on_delete;
  std::function<void()> on_tail;
  std::function<void()> on_list;
  /// A folder, with its '/', that cannot be listed, or an object that can neither be looked at nor
  /// read, and is listed as if it were one; empty: none.
  std::string hidden_folder;
  Code hidden_code = Code::kUnavailable;
  std::atomic<bool> is_read_elsewhere = false;
  /// So CheckReachable says; nothing fails therefore.
  std::atomic<bool> is_away = false;
  /// As by a client that lost the first answer.
  std::atomic<bool> is_each_put_twice = false;
  /// Somebody puts something else under the name of the next put, just before.
  std::atomic<bool> is_next_name_taken = false;
  /// An object that is there, on another disk than the others; empty: none.
  std::string on_another_disk;

 private:
  Status CheckNotHidden(const std::string& name) const {
    if (name + '/' != hidden_folder) return {};
    return base::MakeError(hidden_code, "reading object {}: input/output", name);
  }
  Status Check(Call call, const std::string& name) {
    const std::scoped_lock lock(mutex_);
    const auto fault = faults_.find(call);
    if (fault == faults_.end() || name.contains(spared_part_)) return {};
    return std::unexpected(fault->second);
  }

  const std::unique_ptr<ObjectStore> objects_ = MakeMemoryObjectStore();
  std::mutex mutex_;
  std::string spared_part_ = "\n";
  std::map<Call, Error> faults_;
  std::vector<std::uint64_t> spoiled_;
};

}  // namespace clew::storage::testing

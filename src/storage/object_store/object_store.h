#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/vocabulary.h"

namespace clew::storage {

struct ObjectInfo {
  std::string name;
  std::uint64_t size_bytes = 0;
  /// Another one when the object was put there anew; 0: not known. Of a file the time of its last
  /// change.
  std::int64_t version = 0;
};

struct ByteRange {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
};

/// Where blocks live. An object is whole or absent, and never changes. Blocking; any thread.
///
/// Names are '/'-separated paths of [A-Za-z0-9!_.*'()-] segments (tenant ids are such) of at most
/// 255 bytes, without "." and "..", 1024 bytes in all; anything else is INVALID_ARGUMENT. A name
/// that is the folder of another ("a" beside "a/b") is FAILED_PRECONDITION.
class ObjectStore {
 public:
  virtual ~ObjectStore() = default;
  /// ALREADY_EXISTS when there is one: the old one stays. Durable when it returns.
  /// RESOURCE_EXHAUSTED with retry_after when there is no room.
  virtual Status PutIfAbsent(const std::string& name,
                             const std::vector<std::string_view>& parts) = 0;
  /// NOT_FOUND when it is absent, UNAVAILABLE when it cannot be read now (no descriptor, no
  /// permission, the disk does not answer, something else is in its place), DATA_LOSS when it
  /// became shorter; so for all that read.
  virtual Result<Bytes> Get(const std::string& name) = 0;
  /// One result a range, in order, each with memory of its own; OUT_OF_RANGE past the end.
  virtual Result<std::vector<Bytes>> GetRanges(const std::string& name,
                                               const std::vector<ByteRange>& ranges) = 0;
  /// The last `length` bytes, or the whole object when it is smaller.
  virtual Result<Bytes> GetTail(const std::string& name, std::uint64_t length) = 0;
  virtual Result<ObjectInfo> Stat(const std::string& name) = 0;
  /// All objects whose name begins with `prefix`, sorted by name. What cannot be looked at does not
  /// hide the rest: an object whose size cannot be told has 0, and a folder that cannot be listed
  /// stands there itself, with a '/' at its end; so may an object that cannot be looked at.
  /// FAILED_PRECONDITION, which says what to do, when something else is in the place of the folder
  /// that `prefix` names.
  virtual Result<std::vector<ObjectInfo>> List(std::string_view prefix) = 0;
  /// No error when it is absent already. Durable when it returns.
  virtual Status Delete(const std::string& name) = 0;
  /// Whether deleting it would make room on the disk that all objects are on: not when it is behind
  /// a link to another disk, is a link itself, or is not there now.
  virtual bool FreesRoom(const std::string& name) = 0;
  /// UNAVAILABLE while nothing can be put or deleted, since what all objects are in was moved away
  /// or replaced, or cannot be reached or written: names it, and says what to do.
  virtual Status CheckReachable() const { return {}; }
  /// True while an earlier opening of the same objects for writing lives: whoever reads there may
  /// be in the midst of any of them. For the one that deletes; of those there is one at a time.
  virtual bool IsReadElsewhere() { return false; }
};

/// Files below `directory`, which is made when missing, also when it was deleted while it is in
/// use. Half-written files from a crash are removed at opening and never listed.
///
/// Links are followed to files and folders elsewhere; Delete removes the link alone, also one to
/// what is not there, and logs which file stays. What is neither file nor folder, as a pipe, is
/// listed, and so is a link to what is not there; reading it is UNAVAILABLE. Delete leaves what is
/// no link, and logs that. What is behind a link to what is not there is UNAVAILABLE, too, also to
/// list or delete: it may come back.
///
/// `deleted` is what the log of the process says when the directory is made anew.
Result<std::unique_ptr<ObjectStore>> OpenLocalObjectStore(
    const std::string& directory,
    std::string_view deleted =
        "the folder of all blocks was deleted while it was in use, and is "
        "made anew: what was in it is lost");

/// What `open` opens, once it can: tried at each call until then, which is UNAVAILABLE when it
/// fails. One thread at a time calls `open`.
using OpenObjects = std::function<Result<std::unique_ptr<ObjectStore>>()>;
std::unique_ptr<ObjectStore> OpenLater(OpenObjects open);

/// The same for reading alone, also beside a server that writes there: nothing is made, removed or
/// locked.
std::unique_ptr<ObjectStore> ReadLocalObjectStore(const std::string& directory);

/// For tests: lives as long as the object.
std::unique_ptr<ObjectStore> MakeMemoryObjectStore();

}  // namespace clew::storage

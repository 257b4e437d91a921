#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <system_error>
#include <utility>

#include "base/file.h"
#include "base/logging.h"
#include "storage/object_store/object_name.h"
#include "storage/object_store/object_store.h"

namespace clew::storage {
namespace {

using base::ErrnoError;
using base::FileDescriptor;

// '~' occurs in no object name.
constexpr std::string_view kUnfinishedFolder = "~unfinished";

bool IsObjectMissing(int error) { return error == ENOENT || error == ENOTDIR; }

// What VisitDirectory gives when there is nothing to list.
bool IsNoFolder(const Error& error) {
  return error.code == Code::kNotFound || error.code == Code::kFailedPrecondition;
}

// What stands in the place of an object, as a pipe or a device, must go before it can come back.
Status CheckIsFile(const struct stat& info, const std::string& name) {
  if (S_ISREG(info.st_mode)) return {};
  if (S_ISDIR(info.st_mode)) return base::NotFound("object {} does not exist", name);
  return base::Unavailable("object {} is no file: remove what is in its place", name);
}

// Calls `visit(name, may_be_directory)` for what is in `path`; a link is what it leads to.
// NOT_FOUND when it is not there, FAILED_PRECONDITION when it is no directory.
Status VisitDirectory(const std::string& path,
                      const std::function<Status(const std::string&, bool)>& visit) {
  struct Closer {
    void operator()(DIR* dir) const { ::closedir(dir); }
  };
  const std::unique_ptr<DIR, Closer> directory(::opendir(path.c_str()));
  if (directory == nullptr) return std::unexpected(ErrnoError(errno, "listing " + path));
  for (;;) {
    errno = 0;
    const dirent* entry = ::readdir(directory.get());
    if (entry == nullptr) break;
    const std::string name = entry->d_name;
    if (name == "." || name == ".." || name.starts_with('~')) continue;
    const int fd = ::dirfd(directory.get());
    struct stat info{};
    if (::fstatat(fd, entry->d_name, &info, 0) == 0) {
      TRY(visit(name, S_ISDIR(info.st_mode)));
    } else if (!IsObjectMissing(errno) ||
               ::fstatat(fd, entry->d_name, &info, AT_SYMLINK_NOFOLLOW) == 0) {
      // It is there, and what it is may be known all the same. If not, a folder that is taken for a
      // file would hide what is in it; the other way round it shows.
      const auto type = entry->d_type;
      TRY(visit(name, type == DT_DIR || type == DT_LNK || type == DT_UNKNOWN));
    }
  }
  if (errno != 0) return std::unexpected(ErrnoError(errno, "listing " + path));
  return {};
}

// An object that is open for reading.
struct OpenObject {
  FileDescriptor file;
  std::uint64_t size = 0;
};

class LocalObjectStore final : public ObjectStore {
 public:
  explicit LocalObjectStore(std::string directory, std::string_view deleted = {})
      : directory_(std::move(directory)), deleted_(deleted) {}

  Status Open() {
    TRY(base::MakeDirectories(UnfinishedFolder()));
    const std::string parent = base::ParentDirectory(directory_);
    ASSIGN_OR_RETURN(parent_file_, base::OpenFile(parent, O_PATH | O_DIRECTORY));
    parent_ = base::OpenedPath(parent_file_.get(), parent);
    TRY(OpenRoot());
    return RemoveLeftovers();
  }

  Status CheckReachable() const override {
    const std::scoped_lock lock(root_mutex_);
    if (IsRootDeleted()) return {};
    TRY(root_.Check());
    if (::faccessat(AT_FDCWD, directory_.c_str(), R_OK | W_OK | X_OK, AT_EACCESS) == 0 ||
        errno == ENOMEM) {
      return {};
    }
    return base::Unavailable("{}: it must be readable and writable",
                             ErrnoError(errno, "opening " + directory_).message);
  }

  Status PutIfAbsent(const std::string& name, const std::vector<std::string_view>& parts) override {
    TRY(CheckObjectName(name));
    TRY(EnsureRoot());
    // A second try when a folder vanished meanwhile, since another process removes empty ones.
    constexpr int kTries = 10;
    for (int i = 0; i < kTries; ++i) {
      Status status = PutOnce(name, parts);
      if (status.has_value() || status.error().code != Code::kNotFound) return status;
    }
    return base::Unavailable("object {}: its folder keeps vanishing", name);
  }

  Result<Bytes> Get(const std::string& name) override {
    ASSIGN_OR_RETURN(const OpenObject object, OpenForReading(name));
    return Read(object, {0, object.size}, name);
  }

  Result<std::vector<Bytes>> GetRanges(const std::string& name,
                                       const std::vector<ByteRange>& ranges) override {
    ASSIGN_OR_RETURN(const OpenObject object, OpenForReading(name));
    std::vector<Bytes> parts;
    parts.reserve(ranges.size());
    while (parts.size() < ranges.size()) {
      TRY(ReadRun(object, std::span(ranges).subspan(parts.size()), name, parts));
    }
    return parts;
  }

  Result<Bytes> GetTail(const std::string& name, std::uint64_t length) override {
    ASSIGN_OR_RETURN(const OpenObject object, OpenForReading(name));
    const std::uint64_t size = std::min(length, object.size);
    return Read(object, {object.size - size, size}, name);
  }

  Result<ObjectInfo> Stat(const std::string& name) override {
    TRY(CheckObjectName(name));
    struct stat info{};
    if (::stat(PathOf(name).c_str(), &info) != 0) return ReadError(errno, name);
    TRY(CheckIsFile(info, name));
    return ObjectInfo{name, static_cast<std::uint64_t>(info.st_size),
                      std::int64_t{info.st_mtim.tv_sec} * 1'000'000'000 + info.st_mtim.tv_nsec};
  }

  Result<std::vector<ObjectInfo>> List(std::string_view prefix) override {
    std::vector<ObjectInfo> infos;
    const std::size_t slash = prefix.rfind('/');
    const std::string folder(slash == std::string_view::npos ? "" : prefix.substr(0, slash));
    // No name has such a folder, and the path must not lead elsewhere.
    if (slash != std::string_view::npos && !CheckObjectName(folder).has_value()) return infos;
    const Status listed = ListFolder(folder, prefix, infos);
    if (!listed.has_value()) {
      if (!IsNoFolder(listed.error())) return std::unexpected(listed.error());
      if (Status way = CheckWayTo(folder); !way.has_value()) {
        return std::unexpected(std::move(way).error().Annotate("listing " + PathOf(folder)));
      }
      if (listed.error().code == Code::kFailedPrecondition) {
        return base::MakeError(Code::kFailedPrecondition,
                               "{} is no folder: move away what is in its place, and put the "
                               "folder back if there was one",
                               PathOf(folder));
      }
    }
    std::ranges::sort(infos, {}, &ObjectInfo::name);
    return infos;
  }

  Status Delete(const std::string& name) override {
    TRY(CheckObjectName(name));
    TRY(EnsureRoot());
    const std::string path = PathOf(name);
    struct stat info{};
    if (::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode)) return {};
    if (::lstat(path.c_str(), &info) == 0 && !S_ISREG(info.st_mode) && !S_ISLNK(info.st_mode)) {
      base::Log(base::LogLevel::kWarn,
                "what is in the place of an object that is deleted is no file, and stays",
                {{"object", name}});
      return {};
    }
    std::error_code no_link;
    const std::filesystem::path target = std::filesystem::read_symlink(path, no_link);
    if (::unlink(path.c_str()) != 0) {
      if (IsObjectMissing(errno)) return CheckWayTo(name);
      return std::unexpected(ErrnoError(errno, "deleting object " + name));
    }
    if (!no_link) {
      // Who put the file there may need it, and what else lies there is not ours to delete.
      base::Log(base::LogLevel::kWarn,
                "an object that is deleted was a link: the file it led to stays, delete it there",
                {{"object", name}, {"file", target.string()}});
    }
    std::string folder = base::ParentDirectory(path);
    Status synced = base::SyncDirectory(folder);
    if (!synced.has_value() && synced.error().code != Code::kNotFound) return synced;
    const std::scoped_lock lock(folder_mutex_);
    while (folder != directory_ && ::rmdir(folder.c_str()) == 0) {
      folder = base::ParentDirectory(folder);
    }
    return {};
  }

  bool FreesRoom(const std::string& name) override {
    struct stat root{};
    {
      const std::scoped_lock lock(root_mutex_);
      if (::fstat(root_file_.get(), &root) != 0) return false;
    }
    // Of the folder: on an overlay a file may have another device than the folder it is in. And
    // first: that of many objects is looked at quickly.
    const std::string path = PathOf(name);
    struct stat folder{};
    struct stat info{};
    return ::stat(base::ParentDirectory(path).c_str(), &folder) == 0 &&
           folder.st_dev == root.st_dev && ::lstat(path.c_str(), &info) == 0 &&
           S_ISREG(info.st_mode);
  }

  bool IsReadElsewhere() override {
    const std::scoped_lock lock(root_mutex_);
    const bool is_alone = ::flock(root_file_.get(), LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK;
    // Also when it was refused: the lock that was there is given up first.
    ::flock(root_file_.get(), LOCK_SH | LOCK_NB);
    return !is_alone;
  }

 private:
  std::string PathOf(std::string_view name) const { return fmt::format("{}/{}", directory_, name); }
  std::string UnfinishedFolder() const { return PathOf(kUnfinishedFolder); }

  Status OpenRoot() {
    ASSIGN_OR_RETURN(root_file_, base::OpenFile(directory_, O_RDONLY | O_DIRECTORY));
    root_ = base::OpenedPath(root_file_.get(), directory_);
    // Tells others that this opening lives; ends with the file. Where locks cannot be had nobody is
    // told.
    ::flock(root_file_.get(), LOCK_SH | LOCK_NB);
    return {};
  }

  // For sure, and nothing has taken its place. One that was moved away still has a link.
  bool IsRootDeleted() const {
    struct stat info{};
    return ::fstat(root_file_.get(), &info) == 0 && info.st_nlink == 0 &&
           ::lstat(directory_.c_str(), &info) != 0 && errno == ENOENT &&
           parent_.Check().has_value();
  }

  // What stands in its place now may be another's, and one that was moved away may be put back: it
  // is waited for. One that was deleted cannot be, and waiting would not help: the objects in it
  // are lost already, and what is put now depends on none of them.
  Status EnsureRoot() {
    const std::scoped_lock lock(root_mutex_);
    if (!IsRootDeleted()) return root_.Check();
    TRY(base::MakeDirectories(directory_));
    TRY(OpenRoot());
    base::Log(base::LogLevel::kError, deleted_, {{"folder", directory_}});
    return {};
  }

  // What is not there is not gone as long as the folder of all objects is not the one that was
  // opened, or a link on the way leads to what is not there, as a disk that is not mounted:
  // UNAVAILABLE, which names it.
  Status CheckWayTo(const std::string& name) const {
    {
      const std::scoped_lock lock(root_mutex_);
      if (!IsRootDeleted()) TRY(root_.Check());
    }
    for (std::size_t end = 0;; end = name.find('/', end + 1)) {
      const std::string part = name.substr(0, end);
      const std::string path = part.empty() ? directory_ : PathOf(part);
      struct stat info{};
      if (::lstat(path.c_str(), &info) != 0) return {};
      if (S_ISLNK(info.st_mode) && ::stat(path.c_str(), &info) != 0) {
        return base::Unavailable(
            "{} is a link to what is not there: bring that back, or remove the link",
            part.empty() ? directory_ : part);
      }
      if (end == std::string::npos) return {};
    }
  }

  // What hinders reading may pass: no descriptor, no permission, a disk that does not answer.
  std::unexpected<Error> ReadError(int error, const std::string& name) const {
    const std::string what = "reading object " + name;
    if (!IsObjectMissing(error)) {
      return base::Unavailable("{}", ErrnoError(error, what).message);
    }
    if (Status way = CheckWayTo(name); !way.has_value()) {
      return std::unexpected(std::move(way).error().Annotate(what));
    }
    return base::NotFound("object {} does not exist", name);
  }

  Result<OpenObject> OpenForReading(const std::string& name) {
    TRY(CheckObjectName(name));
    // Not waiting for somebody at the other end, should it be a pipe.
    const int fd = ::open(PathOf(name).c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) return ReadError(errno, name);
    OpenObject object{FileDescriptor(fd)};
    struct stat info{};
    if (::fstat(fd, &info) != 0) return ReadError(errno, name);
    TRY(CheckIsFile(info, name));
    object.size = static_cast<std::uint64_t>(info.st_size);
    return object;
  }

  static Result<Bytes> Read(const OpenObject& object, ByteRange range, const std::string& name) {
    std::vector<Bytes> parts;
    TRY(ReadRun(object, {&range, 1}, name, parts));
    return std::move(parts.front());
  }

  // Appends to `parts` the first of `ranges`, and those behind it that follow it closely: they are
  // read by one call.
  static Status ReadRun(const OpenObject& object, std::span<const ByteRange> ranges,
                        const std::string& name, std::vector<Bytes>& parts) {
    // To read as much as this for nothing costs less than another call.
    constexpr std::uint64_t kGapMax = 4096;
    std::array<char, kGapMax> between;
    std::vector<iovec> buffers;
    const std::uint64_t begin = ranges.front().offset;
    std::uint64_t end = begin;
    for (const ByteRange& range : ranges) {
      if (range.offset > object.size || range.length > object.size - range.offset) {
        return base::MakeError(Code::kOutOfRange, "object {} has {} bytes, not {} at {}", name,
                               object.size, range.length, range.offset);
      }
      if (range.offset < end || range.offset - end > kGapMax) break;
      if (range.offset > end) {
        buffers.push_back({.iov_base = between.data(), .iov_len = range.offset - end});
      }
      // Of its own, since who keeps it shall not keep its neighbours.
      auto bytes = std::make_shared_for_overwrite<char[]>(range.length);
      buffers.push_back({.iov_base = bytes.get(), .iov_len = range.length});
      const std::string_view view(bytes.get(), range.length);
      parts.emplace_back(std::move(bytes), view);
      end = range.offset + range.length;
    }
    const Result<std::size_t> read = base::ReadParts(object.file.get(), buffers, begin, name);
    if (!read.has_value()) {
      // An unreadable sector is damage, and costs what lies on it; anything else may pass.
      if (read.error().code == Code::kDataLoss) return std::unexpected(read.error());
      return base::Unavailable("{}", read.error().message);
    }
    if (*read != end - begin) return base::DataLoss("object {} became shorter", name);
    return {};
  }

  // NOT_FOUND when a folder vanished in between.
  Status PutOnce(const std::string& name, const std::vector<std::string_view>& parts) {
    const std::string path = PathOf(name);
    const std::string folder = base::ParentDirectory(path);
    const std::string unfinished = fmt::format("{}/{}.{}", UnfinishedFolder(), ::getpid(), next_++);
    {
      const std::scoped_lock lock(folder_mutex_);
      TRY(base::MakeDirectories(UnfinishedFolder()));  // somebody may have emptied the directory
    }
    ASSIGN_OR_RETURN(const FileDescriptor file,
                     base::OpenFile(unfinished, O_CREAT | O_EXCL | O_WRONLY));
    Status status = WriteDurably(file.get(), parts, name);
    if (status.has_value()) status = LinkInFolder(unfinished, path, name);
    ::unlink(unfinished.c_str());
    TRY(status);
    return base::SyncDirectory(folder);
  }

  static Status WriteDurably(int fd, const std::vector<std::string_view>& parts,
                             const std::string& name) {
    // The lock tells others that open the store that this is not a leftover. It ends with the file.
    if (::flock(fd, LOCK_EX) != 0) {
      return std::unexpected(ErrnoError(errno, "locking object " + name));
    }
    std::vector<iovec> vectors;
    vectors.reserve(parts.size());
    for (const std::string_view part : parts) {
      vectors.push_back({const_cast<char*>(part.data()), part.size()});
    }
    TRY(base::WriteParts(fd, vectors, 0, "object " + name));
    if (::fsync(fd) != 0) return std::unexpected(ErrnoError(errno, "syncing object " + name));
    return {};
  }

  static Status LinkError(int error, const std::string& path, const std::string& name) {
    struct stat info{};
    if (error == EEXIST && ::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode)) {
      error = EISDIR;
    }
    return std::unexpected(ErrnoError(error, "putting object " + name));
  }

  Status LinkInFolder(const std::string& unfinished, const std::string& path,
                      const std::string& name) {
    const std::scoped_lock lock(folder_mutex_);
    TRY(base::MakeDirectories(base::ParentDirectory(path)));
    if (::link(unfinished.c_str(), path.c_str()) != 0) {
      return LinkError(errno, path, name);
    }
    return {};
  }

  // A link may lead to a folder that it is in: following it would never end.
  bool LeadsBack(const std::string& folder) const {
    struct stat info{};
    if (::stat(PathOf(folder).c_str(), &info) != 0) return false;
    for (std::string above = folder; !above.empty();) {
      const std::size_t slash = above.rfind('/');
      above.resize(slash == std::string::npos ? 0 : slash);
      struct stat found{};
      if (::stat(PathOf(above).c_str(), &found) == 0 && found.st_dev == info.st_dev &&
          found.st_ino == info.st_ino) {
        return true;
      }
    }
    return false;
  }

  Status ListFolder(const std::string& folder, std::string_view prefix,
                    std::vector<ObjectInfo>& infos) {
    if (LeadsBack(folder)) return base::Unavailable("folder {} leads back to one above", folder);
    return VisitDirectory(PathOf(folder), [&](const std::string& entry, bool may_be_directory) {
      const std::string name = folder.empty() ? entry : folder + '/' + entry;
      const std::string_view comparable = std::string_view(name).substr(0, prefix.size());
      if (prefix.starts_with(comparable)) ListEntry(name, may_be_directory, prefix, infos);
      return Status();
    });
  }

  void ListEntry(const std::string& name, bool may_be_directory, std::string_view prefix,
                 std::vector<ObjectInfo>& infos) {
    if (may_be_directory) {
      const Status listed = ListFolder(name, prefix, infos);
      if (listed.has_value()) return;
      if (!IsNoFolder(listed.error())) {
        infos.push_back({name + '/', 0});
        return;
      }
    }
    if (!name.starts_with(prefix)) return;
    const Result<ObjectInfo> info = Stat(name);
    if (info.has_value()) {
      infos.push_back(*info);
    } else if (info.error().code != Code::kNotFound) {
      infos.push_back({may_be_directory ? name + '/' : name, 0});
    }
  }

  Status RemoveLeftovers() {
    return VisitDirectory(UnfinishedFolder(), [this](const std::string& entry, bool) {
      const std::string path = fmt::format("{}/{}", UnfinishedFolder(), entry);
      const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
      if (file.is_open() && ::flock(file.get(), LOCK_EX | LOCK_NB) == 0) ::unlink(path.c_str());
      return Status();
    });
  }

  const std::string directory_;
  const std::string deleted_;
  FileDescriptor parent_file_;
  base::OpenedPath parent_;
  mutable std::mutex root_mutex_;  // for the next two, once it is open
  FileDescriptor root_file_;
  base::OpenedPath root_;
  std::atomic<std::uint64_t> next_ = 0;
  /// Folders are made and removed one at a time: who finds one that another thread just made must
  /// know that it is durable, and none vanishes before its object is there.
  std::mutex folder_mutex_;
};

}  // namespace

std::unique_ptr<ObjectStore> ReadLocalObjectStore(const std::string& directory) {
  return std::make_unique<LocalObjectStore>(directory);
}

Result<std::unique_ptr<ObjectStore>> OpenLocalObjectStore(const std::string& directory,
                                                          std::string_view deleted) {
  std::string root = directory;
  while (root.size() > 1 && root.ends_with('/')) root.pop_back();
  auto store = std::make_unique<LocalObjectStore>(std::move(root), deleted);
  if (Status status = store->Open(); !status.has_value()) {
    return std::unexpected(
        std::move(status).error().Annotate("opening the object store in " + directory));
  }
  return store;
}

}  // namespace clew::storage

#include "log/verify_log.h"

#include <fcntl.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "base/file.h"
#include "log/file_system.h"
#include "log/identity_file.h"
#include "log/segment_format.h"
#include "log/segment_reader.h"
#include "log/segment_set.h"

namespace clew::log {
namespace {

// Unlike those of a FileSystem it can be opened where nothing may be written.
class ReadOnlyFile final : public File {
 public:
  ReadOnlyFile(base::FileDescriptor file, std::string path)
      : file_(std::move(file)), path_(std::move(path)) {}

  Status WriteAt(std::uint64_t, std::span<iovec>) override { return Refuse(); }
  Result<std::size_t> ReadAt(std::uint64_t offset, char* out, std::size_t size) const override {
    return base::ReadAt(file_.get(), out, size, offset, path_);
  }
  Status Truncate(std::uint64_t) override { return Refuse(); }
  Status Sync() override { return Refuse(); }
  Result<std::uint64_t> Size() const override { return base::FileSize(file_.get(), path_); }
  Status CheckReachable() const override { return {}; }

 private:
  Status Refuse() const {
    return MakeError(Code::kFailedPrecondition, "{} is open for reading only", path_);
  }

  base::FileDescriptor file_;
  const std::string path_;
};

class Verifier {
 public:
  explicit Verifier(const std::string& directory) : directory_(directory) {}

  Result<LogVerdict> Run() {
    ASSIGN_OR_RETURN(const std::vector<std::string> names, SystemFiles().List(directory_));
    ASSIGN_OR_RETURN(const auto identity, ReadIdentityFile(SystemFiles(), directory_));
    if (identity.has_value()) salt_ = identity->salt;
    std::vector<std::string> segments;
    for (const std::string& name : names) {
      if (BaseOfFileName(name).has_value()) segments.push_back(name);
    }
    for (const std::string& name : segments) {
      Segment(name, *BaseOfFileName(name), name == segments.back());
    }
    return std::move(verdict_);
  }

 private:
  void Note(const std::string& file, std::uint64_t offset, std::uint64_t size, std::string what) {
    verdict_.damage.push_back({file, offset, size, std::move(what)});
  }

  void Segment(const std::string& name, std::uint64_t base, bool is_last) {
    const std::string path = directory_ + "/" + name;
    Result<base::FileDescriptor> opened = base::OpenFile(path, O_RDONLY);
    if (!opened.has_value()) {
      // A server removes what it is done with.
      if (opened.error().code != Code::kNotFound) Note(path, 0, 0, opened.error().message);
      return;
    }
    const ReadOnlyFile file(*std::move(opened), path);
    const Result<std::uint64_t> size = file.Size();
    if (!size.has_value()) return Note(path, 0, 0, size.error().message);
    ++verdict_.segment_count;
    verdict_.byte_size += *size;
    // Made and not begun.
    if (*size < kSegmentHeaderBytes && is_last) return;
    const std::optional<SegmentHeader> header = Header(file, path, base);
    if (!header.has_value()) {
      return Note(path, 0, *size, "the header of a segment: none of its records can be read");
    }
    CheckGap(path, *header);
    Records(file, path, *header, *size, is_last);
    reached_ = base + *size + PaddingAfter(base + *size);
  }

  std::optional<SegmentHeader> Header(const File& file, const std::string& path,
                                      std::uint64_t base) {
    std::string bytes(kSegmentHeaderBytes, '\0');
    const Result<std::size_t> read = file.ReadAt(0, bytes.data(), bytes.size());
    if (read.has_value()) bytes.resize(*read);
    std::optional<SegmentHeader> header = DecodeSegmentHeader(read.has_value() ? bytes : "");
    if (header.has_value() && header->base == base) return header;
    if (!salt_.has_value()) return std::nullopt;
    Note(path, 0, kSegmentHeaderBytes,
         "the header of a segment; its records can be read all the same");
    return SegmentHeader{base, *salt_, {}};
  }

  // What lies before a segment was there when it was begun.
  void CheckGap(const std::string& path, const SegmentHeader& header) {
    if (!reached_.has_value() || !header.gap.has_value()) return;
    const std::uint64_t begin = header.base - std::min(*header.gap, header.base);
    if (begin <= *reached_) return;
    Note(path, *reached_, begin - *reached_,
         "the part of the log before this segment: a file was removed or cut");
  }

  void Records(const File& file, const std::string& path, const SegmentHeader& header,
               std::uint64_t size, bool is_last) {
    SegmentReader reader(file, header, kSegmentHeaderBytes, size);
    for (;;) {
      Result<std::optional<SegmentReader::Piece>> next = reader.Next();
      if (!next.has_value()) return Note(path, 0, size, next.error().message);
      if (!next->has_value()) return;
      const SegmentReader::Piece& piece = **next;
      if (!piece.is_corrupt) {
        ++verdict_.record_count;
        continue;
      }
      if (is_last && piece.end >= size && !piece.is_unreadable) {
        verdict_.unfinished_bytes = size - piece.begin;
        return;
      }
      Note(path, piece.begin, piece.end - piece.begin, ContentOf(piece));
    }
  }

  static std::string ContentOf(const SegmentReader::Piece& piece) {
    const std::string why =
        piece.is_unreadable ? "it cannot be read" : "its checksum does not match";
    // Without a sound prefix the record does not say whose it is.
    if (piece.record.pipeline.empty()) return "records: " + why;
    return fmt::format("a record of tenant {}, for {}: {}", piece.record.tenant.name(),
                       piece.record.pipeline, why);
  }

  const std::string& directory_;
  std::optional<std::uint64_t> salt_;
  /// Where the segment before ended.
  std::optional<std::uint64_t> reached_;
  LogVerdict verdict_;
};

}  // namespace

Result<LogVerdict> VerifyLog(const std::string& directory) { return Verifier(directory).Run(); }

}  // namespace clew::log

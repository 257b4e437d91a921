#pragma once

#include <string>

#include "log/segment_format.h"

namespace clew::log {

/// Puts records together as a segment file has them.
class SegmentBuilder {
 public:
  explicit SegmentBuilder(const SegmentHeader& header)
      : header_(header), content_(EncodeSegmentHeader(header)) {}

  /// Gives the offset where the record begins.
  std::uint64_t Add(const Record& record) {
    const std::uint64_t offset = content_.size();
    std::string prefix = EncodeRecordPrefix(record, header_.salt);
    SealRecordPrefix(prefix, header_.base + offset, header_.salt);
    content_ += prefix;
    content_ += record.body.view();
    content_.append(PaddingAfter(content_.size()), '\0');
    return offset;
  }
  const std::string& content() const { return content_; }

 private:
  const SegmentHeader header_;
  std::string content_;
};

}  // namespace clew::log

#include "api/text_source.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "api/query_call.h"

namespace clew::api {
namespace {

constexpr std::size_t kPieceBytes = 64u << 10;

/// Cuts what a source gives into pieces of the size that servers send.
class Pieces {
 public:
  explicit Pieces(TextSource source) : source_(std::move(source)) {}

  /// Empty at the end.
  Result<std::string> Next() {
    return OrNoMemory([this] { return Cut(); });
  }
  bool is_done() const { return !has_more_ && sent_ == text_.size(); }

 private:
  Result<std::string> Cut() {
    while (has_more_ && text_.size() - sent_ < kPieceBytes) {
      if (sent_ > 0) text_.erase(0, std::exchange(sent_, 0));
      ASSIGN_OR_RETURN(has_more_, source_(&text_));
    }
    if (sent_ == 0 && text_.size() <= net::kPieceBytesMax) return std::exchange(text_, {});
    std::string piece = text_.substr(sent_, net::kPieceBytesMax);
    sent_ += piece.size();
    return piece;
  }

  /// Stays until its text is taken, as its memory is counted with it.
  TextSource source_;
  std::string text_;
  std::size_t sent_ = 0;
  bool has_more_ = true;
};

}  // namespace

TextSource Surround(std::string before, TextSource source, std::string after) {
  // The source stays to the end: with it goes the count of the memory of its text.
  return [before = std::move(before), source = std::move(source),
          after = std::move(after)](std::string* out) mutable -> Result<bool> {
    out->append(std::exchange(before, {}));
    if (source) {
      ASSIGN_OR_RETURN(const bool has_more, source(out));
      if (has_more) return true;
    }
    out->append(std::exchange(after, {}));
    return false;
  };
}

Status SetBody(TextSource source, net::HttpResponse* response) {
  auto pieces = std::make_shared<Pieces>(std::move(source));
  ASSIGN_OR_RETURN(response->body, pieces->Next());
  if (!pieces->is_done()) response->next_piece = [pieces] { return pieces->Next(); };
  return {};
}

}  // namespace clew::api

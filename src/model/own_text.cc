#include "model/own_text.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <type_traits>
#include <utility>

namespace clew::model {
namespace {

constexpr std::size_t kChunkBytes = 64u << 10;
/// Longer ones have memory of their own.
constexpr std::size_t kLongText = kChunkBytes / 8;
/// Of each chunk: who owns it and the place in the list, which grows by doubling.
constexpr std::uint64_t kChunkOverhead = 80 + 2 * sizeof(Bytes);

template <typename Spans, typename Visit>
void ForEachTextColumn(Spans& columns, Visit visit) {
  ForEachColumn(
      [&](auto, auto& column) {
        using Cell = typename std::remove_cvref_t<decltype(column)>::value_type;
        if constexpr (std::is_same_v<Cell, std::string_view>) visit(column);
      },
      columns);
  for (auto& column : columns.attributes) visit(column.strings);
}

}  // namespace

// Copies texts into chunks. What was copied not long ago is found again by where it lay: columns
// that were read through a dictionary view one text many times.
class TextOwner::Copier {
 public:
  // For columns whose short texts have so many bytes, each as often as it comes.
  void Start(std::uint64_t short_bytes) {
    ++batch_;
    short_bytes_left_ = short_bytes;
    room_ = 0;
    end_ = nullptr;
    memory_.clear();
  }

  std::string_view Copy(std::string_view text) {
    if (text.empty()) return {};
    // Those that are known count, too: they might not have been.
    const std::uint64_t short_bytes = text.size() > kLongText ? 0 : text.size();
    const std::string_view copy = Find(text);
    short_bytes_left_ -= short_bytes;
    return copy;
  }
  std::vector<Bytes> TakeMemory() { return std::move(memory_); }

 private:
  struct Known {
    std::string_view from;
    std::string_view to;
    std::uint64_t batch = 0;  // what was copied for others is not kept by these
  };

  std::string_view Find(std::string_view text) {
    Known& known = known_[PlaceOf(text)];
    if (known.batch != batch_ || known.from.data() != text.data() ||
        known.from.size() != text.size()) {
      known = {text, CopyAnew(text), batch_};
    }
    return known.to;
  }
  static std::size_t PlaceOf(std::string_view text) {
    const auto address = reinterpret_cast<std::uintptr_t>(text.data());
    return ((address ^ text.size() << 20) * 0x9E3779B97F4A7C15u) >> (64 - kKnownBits);
  }
  std::string_view CopyAnew(std::string_view text) {
    if (text.size() > kLongText) return Copied(NewChunk(text.size()), text);
    if (text.size() > room_) {
      // No more than is left to copy.
      room_ = std::min<std::uint64_t>(kChunkBytes, short_bytes_left_);
      end_ = NewChunk(room_);
    }
    room_ -= text.size();
    return Copied(std::exchange(end_, end_ + text.size()), text);
  }
  static std::string_view Copied(char* target, std::string_view text) {
    std::memcpy(target, text.data(), text.size());
    return {target, text.size()};
  }
  char* NewChunk(std::size_t size) {
    auto chunk = std::make_shared_for_overwrite<char[]>(size);
    char* const begin = chunk.get();
    memory_.emplace_back(std::move(chunk), std::string_view(begin, size));
    return begin;
  }

  static constexpr int kKnownBits = 9;
  std::array<Known, 1u << kKnownBits> known_{};
  std::uint64_t batch_ = 0;
  std::uint64_t short_bytes_left_ = 0;  // each text as often as it comes
  std::size_t room_ = 0;
  char* end_ = nullptr;
  std::vector<Bytes> memory_;
};

TextLength::TextLength(const SpanColumns& columns) {
  ForEachTextColumn(columns, [this](const Column<std::string_view>& texts) {
    for (const std::string_view text : texts) Add(text);
  });
  for (const AttributeColumn& column : columns.attributes) Add(column.key);
}

void TextLength::Add(std::string_view text) {
  if (text.size() <= kLongText) {
    short_bytes_ += text.size();
  } else {
    long_bytes_ += text.size();
    ++long_count_;
  }
}

void TextLength::Add(const TextLength& other) {
  short_bytes_ += other.short_bytes_;
  long_bytes_ += other.long_bytes_;
  long_count_ += other.long_count_;
}

std::uint64_t TextLength::OwnBytesMax() const {
  // The text for which a chunk has no room leaves less than its length of it empty.
  constexpr std::uint64_t kFilled = kChunkBytes - kLongText;
  const std::uint64_t chunks = short_bytes_ / kFilled + 1;
  return short_bytes_ + (chunks - 1) * kLongText + long_bytes_ +
         (chunks + long_count_) * kChunkOverhead;
}

TextOwner::TextOwner() : copier_(std::make_unique<Copier>()) {}

TextOwner::~TextOwner() = default;

Status TextOwner::Own(SpanColumns* columns, const StopCheck& check) {
  copier_->Start(TextLength(*columns).short_bytes());
  StopSteps steps(check);
  Status status;
  ForEachTextColumn(*columns, [&](Column<std::string_view>& texts) {
    if (!status) return;
    for (std::string_view& text : texts.Edit()) {
      text = copier_->Copy(text);
      if (steps.Pass() && !(status = steps.Ask())) return;
    }
  });
  TRY(status);
  for (AttributeColumn& column : columns->attributes) column.key = copier_->Copy(column.key);
  columns->memory = copier_->TakeMemory();
  return {};
}

void OwnText(SpanColumns* columns) { static_cast<void>(TextOwner().Own(columns)); }

}  // namespace clew::model

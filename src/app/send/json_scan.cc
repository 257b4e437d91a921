#include "app/send/json_scan.h"

namespace clew::app::send {

JsonScan::State JsonScan::Run(std::string_view text) {
  for (; end_ < text.size(); ++end_) {
    const char byte = text[end_];
    if (is_in_string_) {
      if (byte == '\n') return State::kBroken;
      if (is_escaped_) {
        is_escaped_ = false;
      } else if (byte == '\\') {
        is_escaped_ = true;
      } else if (byte == '"') {
        is_in_string_ = false;
      }
    } else if (byte == '"') {
      is_in_string_ = true;
    } else if (byte == '{' || byte == '[') {
      ++depth_;
    } else if ((byte == '}' || byte == ']') && --depth_ == 0) {
      ++end_;
      return State::kEnded;
    }
  }
  return State::kOpen;
}

bool IsWholeObject(std::string_view line) {
  JsonScan scan;
  return line.starts_with('{') && scan.Run(line) == JsonScan::State::kEnded &&
         scan.end() == line.size();
}

}  // namespace clew::app::send

#pragma once

#include <cstdio>
#include <cstdlib>
#include <string>

#include "app/cli/terminal.h"

namespace clew::app::cli {

/// Standard output and standard error in memory.
class Screen {
 public:
  Screen()
      : out_(open_memstream(&out_text_, &out_size_)),
        err_(open_memstream(&err_text_, &err_size_)) {}
  ~Screen() {
    std::fclose(out_);
    std::fclose(err_);
    std::free(out_text_);
    std::free(err_text_);
  }
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;

  Terminal terminal() const { return {out_, err_}; }
  std::string out() const {
    std::fflush(out_);
    return {out_text_, out_size_};
  }
  std::string err() const {
    std::fflush(err_);
    return {err_text_, err_size_};
  }

 private:
  char* out_text_ = nullptr;
  char* err_text_ = nullptr;
  std::size_t out_size_ = 0;
  std::size_t err_size_ = 0;
  std::FILE* out_;
  std::FILE* err_;
};

}  // namespace clew::app::cli

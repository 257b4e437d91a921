// Runs a fuzzer over its stored inputs, without libFuzzer: every file named, and every file below a
// folder named, as it is and changed a little in kMutantsOfEach ways, which are the same in every
// run. With CLEW_REPLAY_INPUT=file in the environment each input is written there before it runs,
// so that the one that ended the program is left. Ends with 1 when something named does not exist.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

namespace fs = std::filesystem;

constexpr int kMutantsOfEach = 200;

/// Changes inputs, the same one in the same ways: its content is the seed.
class Mutator {
 public:
  explicit Mutator(std::string input) : input_(std::move(input)) {
    std::uint32_t seed = 2'166'136'261;
    for (const char byte : input_) seed = (seed ^ static_cast<unsigned char>(byte)) * 16'777'619;
    random_.seed(seed);
  }

  std::string Next() {
    std::string mutant = input_;
    for (std::size_t left = 1 + Below(3); left > 0; --left) Change(&mutant);
    return mutant;
  }

 private:
  std::size_t Below(std::size_t end) { return end == 0 ? 0 : random_() % end; }

  /// Of the first bytes as often as of all others: they say what the rest is.
  std::size_t Place(const std::string& text) {
    constexpr std::size_t kHeadBytes = 32;
    return Below(Below(2) == 0 ? std::min(kHeadBytes, text.size()) : text.size());
  }

  void Change(std::string* text) {
    switch (Below(8)) {
      case 0:
        return FlipBits(text);
      case 1:
      case 2:
        return SetByte(text);
      case 3:
      case 4:
        return SetNumber(text);
      case 5:
        text->resize(Place(*text));
        return;
      case 6:
        return Erase(text);
      default:
        return TakePart(text);
    }
  }

  void FlipBits(std::string* text) {
    for (std::size_t left = 1 + Below(4); left > 0 && !text->empty(); --left) {
      char& byte = (*text)[Place(*text)];
      byte = static_cast<char>(byte ^ (1 << Below(8)));
    }
  }

  // Numbers are drawn one after the other: the order of arguments is the compiler's.
  void Erase(std::string* text) {
    const std::size_t place = Place(*text);
    text->erase(place, 1 + Below(8));
  }

  void SetByte(std::string* text) {
    if (text->empty()) return;
    const std::size_t place = Place(*text);
    (*text)[place] = static_cast<char>(Below(256));
  }

  /// As counts and offsets are stored: 32 bits, the least first.
  void SetNumber(std::string* text) {
    constexpr std::array<std::uint32_t, 8> kNumbers = {
        0, 1, 0x7fff'ffff, 0x8000'0000, 0xffff'ffff, 0x1'0000, 0xff, 0x4000'0000};
    const std::size_t choice = Below(kNumbers.size() + 2);
    const std::size_t number = choice < kNumbers.size() ? kNumbers[choice] : Below(4096);
    const std::size_t place = Place(*text);
    for (std::size_t i = 0; i < 4 && place + i < text->size(); ++i) {
      (*text)[place + i] = static_cast<char>(number >> (8 * i) & 0xff);
    }
  }

  /// Puts a part of it into another place.
  void TakePart(std::string* text) {
    const std::size_t from = Below(input_.size());
    const std::size_t count = 1 + Below(64);
    const std::string part = input_.substr(from, count);
    text->insert(Place(*text), part);
  }

  const std::string input_;
  std::mt19937 random_;
};

/// False when it cannot be written down first, as it is asked for.
bool Run(const std::string& input) {
  if (const char* const path = std::getenv("CLEW_REPLAY_INPUT")) {
    std::ofstream file(path, std::ios::binary);
    if (!(file << input).flush()) {
      std::fprintf(stderr, "%s: cannot be written\n", path);
      return false;
    }
  }
  // A copy of just the size, so that a sanitizer sees a read past the end; of nothing, too.
  const std::unique_ptr<std::uint8_t[]> bytes(new std::uint8_t[input.size()]);
  std::ranges::copy(input, bytes.get());
  LLVMFuzzerTestOneInput(bytes.get(), input.size());
  return true;
}

std::string ReadFile(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<fs::path> files;
  for (int i = 1; i < argc; ++i) {
    const fs::path path(argv[i]);
    if (fs::is_directory(path)) {
      for (const auto& entry : fs::recursive_directory_iterator(path)) {
        if (entry.is_regular_file()) files.push_back(entry.path());
      }
    } else if (fs::is_regular_file(path)) {
      files.push_back(path);
    } else {
      std::fprintf(stderr, "%s: no such file or folder\n", argv[i]);
      return 1;
    }
  }
  std::ranges::sort(files);
  for (const fs::path& file : files) {
    // What ran last, should one not come to its end.
    std::printf("%s\n", file.c_str());
    std::fflush(stdout);
    const std::string input = ReadFile(file);
    if (!Run(input)) return 1;
    Mutator mutator(input);
    for (int i = 0; i < kMutantsOfEach; ++i) {
      if (!Run(mutator.Next())) return 1;
    }
  }
  std::printf("%zu inputs replayed, each with %d mutants\n", files.size(), kMutantsOfEach);
  return 0;
}

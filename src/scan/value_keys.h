#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "expr/field.h"
#include "model/value.h"
#include "scan/grams.h"

namespace clew::scan {

/// Longer texts are in no filter.
inline constexpr std::size_t kFilterTextBytesMax = 1024;

/// True for the fields whose values are in filters: texts and words, the service among them, and
/// none of ids and times.
bool IsFiltered(expr::Field field);

/// The keys under which the values of one field, or of one attribute, are in a filter. What reads
/// alike where it is shown has the same key, so that a filter says at least what a scan would find.
/// They are stored (docs/formats/block.md): never change them.
class ValueKeys {
 public:
  /// `field` is one that IsFiltered.
  static ValueKeys OfField(expr::Field field);
  static ValueKeys OfAttribute(model::Owner owner, std::string_view key);

  /// There is a value, whatever it is. Of attributes alone.
  std::uint64_t Presence() const;
  /// There are values that are not in the filter.
  std::uint64_t LeftOut() const;
  std::uint64_t Text(std::string_view text) const;
  std::uint64_t Int(std::int64_t number) const;
  /// That of Int when it is a whole number of 64 bits.
  std::uint64_t Real(double number) const;
  /// Where all are: there are texts alone, and the filter has all their grams. What one key says
  /// may be said by chance, one in some 200 times, and values would be lost by it: all eight are
  /// not.
  std::array<std::uint64_t, 8> HasGrams() const;
  /// A text has it.
  std::uint64_t OfGram(Gram gram) const;

 private:
  explicit ValueKeys(std::uint64_t seed) : seed_(seed) {}

  std::uint64_t seed_;
};

}  // namespace clew::scan

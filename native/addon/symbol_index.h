/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Addresses to function symbols: the symbol tables of one object, flattened into ranges that do not
 * overlap, so that a look-up is one binary search.
 *
 * A range is claimed, in this order, by
 *   1. functions and IFUNCs with a size: exactly those bytes. Of two that overlap, the one that starts later.
 *   2. functions without a size: up to the next function or the end of their section.
 *   3. untyped symbols in executable sections (hand-written assembly): the same, for what is left.
 * An address in no range has no name: the symbol before it is never guessed.
 */
#ifndef EMBERSCOPE_SYMBOL_INDEX_H
#define EMBERSCOPE_SYMBOL_INDEX_H

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "elf_file.h"

namespace emberscope {

class SymbolIndex {
 public:
  struct Hit {
    /** Key of the name: equal for equal symbols. */
    uint32_t name;
    /** Bytes from the start of the function. */
    uint64_t distance;
  };

  /** Adds the symbols of one table. Its string table is kept in memory. @throws ObjectError EMALFORMED, EIO */
  void add(const ElfFile& file, const Elf64_Shdr& table);
  /** To be called once, after the last `add`. */
  void build();

  /** Function symbols with a range of their own. */
  size_t size() const { return symbols_; }
  size_t bytes() const;
  bool find(uint64_t address, Hit* ret_hit) const;
  /** The mangled name, cut after kMaxName bytes. */
  std::string_view name(uint32_t key) const { return name(key, kMaxName); }

  static constexpr size_t kMaxName = 65536;

 private:
  /** The three ways to claim a range; see above. */
  enum Layer { kSized, kUnsized, kUntyped };
  struct Symbol {
    uint64_t start;
    /** Exclusive; equal to `start` for a symbol without a size. */
    uint64_t end;
    /** Exclusive end of the section. */
    uint64_t limit;
    uint32_t name;
    uint8_t binding;
  };
  struct Range {
    uint64_t start;
    uint64_t end;
    uint64_t function;
    uint32_t name;
  };

  /** The names of one table. Not a vector: that would first write zeros over some megabytes. */
  struct Names {
    uint32_t base;
    uint32_t size;
    std::shared_ptr<char[]> text;
  };

  std::string_view name(uint32_t key, size_t limit) const;
  bool better(const Symbol& a, const Symbol& b) const;
  bool in_last_table(const Symbol& symbol) const { return symbol.name >= names_.back().base; }
  template <class Equal>
  std::vector<Symbol>::iterator keep_best(std::vector<Symbol>& symbols, Equal equal) const;
  void claim_sized(std::vector<Symbol> symbols);
  void fill_gaps(std::vector<Symbol> symbols);

  /** Until they are built to ranges. */
  std::vector<Symbol> layers_[3];
  std::vector<Names> names_;
  std::vector<uint64_t> starts_;
  std::vector<Range> ranges_;
  size_t symbols_ = 0;
};

}  // namespace emberscope

#endif

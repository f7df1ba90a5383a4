/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The DWARF of one file, read entry by entry: units, abbreviations, and the values of attributes (DWARF 2 to 5,
 * chapter 7; GNU's split and alternate forms). Hostile input: whatever does not make sense reads as absent.
 * Not for several threads at once: sections and tables are read when they are first needed.
 */
#ifndef EMBERSCOPE_DWARF_FILE_H
#define EMBERSCOPE_DWARF_FILE_H

#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "dwarf.h"
#include "section_bytes.h"

namespace emberscope {

class DwarfFile;

constexpr uint64_t kNowhere = UINT64_MAX;

/** Work that may still be done for one question, in bytes read or entries made. */
class Effort {
 public:
  Effort(const ElfFile& file, uint64_t most) : file_(file), left_(most) {}
  /** @throws ObjectError EMALFORMED: files that refer to the same bytes again and again could keep us for days. */
  void spend(uint64_t amount);

 private:
  const ElfFile& file_;
  uint64_t left_;
};

/** An attribute's value as it stands in the entry. */
struct Value {
  /** 0: absent. */
  uint32_t form = 0;
  uint64_t raw = 0;
  /** Of DW_FORM_string. */
  std::string_view text;
};

struct Unit {
  uint64_t offset = 0;
  uint64_t end = 0;
  /** Of its root entry. */
  uint64_t root = 0;
  uint64_t abbreviations = 0;
  uint16_t version = 0;
  uint8_t address_size = 8;
  uint8_t offset_size = 4;
  uint8_t type = dwarf::kCompile;

  // What its root entry says.
  uint64_t low_pc = 0;
  uint64_t addr_base = 0;
  uint64_t str_offsets_base = 0;
  uint64_t rnglists_base = 0;
  /** Added to offsets of range lists: not 0 only in split units. */
  uint64_t ranges_base = 0;
  /** In .debug_line; kNowhere: none. */
  uint64_t line_table = kNowhere;
  std::string_view comp_dir;
  /** Of a skeleton: the file in which the rest of the unit is. */
  std::string_view dwo_name;
  uint64_t dwo_id = 0;
  /** The `ranges_base` of that part, in version 4. */
  uint64_t split_ranges_base = 0;

  /** Its code. */
  Value low, high, ranges;

  /** Of a split unit: where its addresses, line table and (version 4) ranges are. Null: in its own file. */
  const DwarfFile* skeleton_file = nullptr;
};

struct AbbreviatedAttribute {
  uint32_t name;
  uint32_t form;
  int64_t implicit;
};

struct Abbreviation {
  uint32_t tag = 0;
  bool children = false;
  /** All attributes have the same length in every entry of a unit; it is then as below. */
  bool fixed = true;
  /** A range of AbbreviationTable::attributes. */
  uint32_t first = 0;
  uint32_t count = 0;
  uint32_t bytes = 0;
  uint32_t addresses = 0;
  uint32_t offsets = 0;
  uint32_t references = 0;

  uint64_t length(const Unit& unit) const {
    uint64_t reference = unit.version <= 2 ? unit.address_size : unit.offset_size;
    return bytes + uint64_t{addresses} * unit.address_size + uint64_t{offsets} * unit.offset_size + references * reference;
  }
};

class AbbreviationTable {
 public:
  /** Null: the code is not in the table. */
  const Abbreviation* find(uint64_t code) const;
  const AbbreviatedAttribute* attributes(const Abbreviation& abbreviation) const {
    return attributes_.data() + abbreviation.first;
  }

  /** Reads one declaration; false at the end of the table. */
  bool read_one(Cursor* cursor);
  const Abbreviation* last() const { return entries_.empty() ? nullptr : &entries_.back(); }
  uint64_t last_code() const { return last_code_; }
  /** About, in attributes. */
  size_t size() const { return attributes_.size() + 4 * entries_.size(); }

 private:
  std::vector<Abbreviation> entries_;
  std::vector<AbbreviatedAttribute> attributes_;
  /** Code -> entry, for what is not at its code less one. */
  std::unordered_map<uint64_t, uint32_t> scattered_;
  uint64_t last_code_ = 0;
};

/** Addresses; the end is exclusive and above the start. */
struct Range {
  uint64_t start;
  uint64_t end;
};

/** Where in the sections of a package the parts of one unit begin. */
struct Contribution {
  uint64_t abbreviations = 0;
  uint64_t str_offsets = 0;
  uint64_t rnglists = 0;
};

struct Reference {
  const DwarfFile* file;
  uint64_t offset;
};

class DwarfFile {
 public:
  enum Section { kInfo, kAbbrev, kStr, kStrOffsets, kLine, kLineStr, kRanges, kRnglists, kAddr, kSections };

  /** @param split its sections end in ".dwo" */
  DwarfFile(const ElfFile& elf, bool split, MemoryBudget* budget) : elf_(elf), split_(split), budget_(budget) {}
  DwarfFile(const DwarfFile&) = delete;

  const ElfFile& elf() const { return elf_; }
  /** @throws ObjectError where it cannot be read, or is too large */
  Bytes section(Section which) const;
  void set_alternate(const DwarfFile* alternate) { alternate_ = alternate; }

  /** Reads all unit headers and root entries. @throws ObjectError */
  void read_units(Effort* effort);
  /** Reads the header and root entry of one unit; false where there is none. */
  bool read_unit(uint64_t offset, const Contribution& contribution, Unit* ret_unit, Effort* effort) const;
  const std::vector<Unit>& units() const { return units_; }
  /** The unit with this byte of .debug_info; null: none. */
  const Unit* unit_at(uint64_t offset) const;
  std::shared_ptr<const AbbreviationTable> abbreviations(const Unit& unit, Effort* effort) const;

  /** Appends the ranges that the root entry gives: all of the unit's code. */
  void unit_ranges(const Unit& unit, Effort* effort, std::vector<Range>* ret_ranges) const;

  /** Reads a value at the cursor, or steps over it. */
  void read(Cursor* cursor, const Unit& unit, const AbbreviatedAttribute& attribute, Value* ret_value) const;
  std::optional<uint64_t> number(const Value& value) const;
  /** An offset into another section. */
  std::optional<uint64_t> offset(const Value& value) const;
  std::optional<uint64_t> address(const Unit& unit, const Value& value) const;
  /** Valid as long as this file. Empty where there is none. */
  std::string_view text(const Unit& unit, const Value& value) const;
  std::optional<Reference> reference(const Unit& unit, const Value& value) const;
  static bool is_address(uint32_t form);

  /** Appends the ranges of an entry's code, ends exclusive. */
  void ranges_of(const Unit& unit, const Value& low, const Value& high, const Value& ranges, Effort* effort,
                 std::vector<Range>* ret_ranges) const;

 private:
  bool read_header(uint64_t offset, Unit* ret_unit) const;
  void read_root(Unit* unit, Effort* effort) const;
  std::string_view text_in(Section section, uint64_t offset) const;
  std::optional<uint64_t> indexed_address(const Unit& unit, uint64_t index) const;
  void read_ranges(const Unit& unit, uint64_t offset, Effort* effort,
                   std::vector<Range>* ret_ranges) const;
  void read_rnglist(const Unit& unit, uint64_t offset, Effort* effort,
                    std::vector<Range>* ret_ranges) const;

  const ElfFile& elf_;
  bool split_;
  MemoryBudget* budget_;
  const DwarfFile* alternate_ = nullptr;
  std::vector<Unit> units_;
  mutable SectionBytes sections_[kSections];
  mutable bool loaded_[kSections] = {};
  mutable std::unordered_map<uint64_t, std::shared_ptr<const AbbreviationTable>> tables_;
  mutable size_t kept_ = 0;
};

}  // namespace emberscope

#endif

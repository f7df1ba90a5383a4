/* SPDX-License-Identifier: Apache-2.0 */
#include "dwarf_file.h"

#include "object_error.h"

namespace emberscope {
namespace {

// Chromium has fifty thousand.
constexpr size_t kMaxUnits = 1 << 20;
// Of one table. Compilers reach some hundred entries with some thousand attributes.
constexpr size_t kMaxEntries = 1 << 20;
constexpr size_t kMaxAttributes = 4 << 20;
// Of all tables that are kept: 128 MB.
constexpr size_t kMaxKept = 8 << 20;
// A unit is told from rubbish by its version.
constexpr uint16_t kMinVersion = 2;
constexpr uint16_t kMaxVersion = 5;

const char* const kNames[DwarfFile::kSections] = {".debug_info", ".debug_abbrev",   ".debug_str",
                                                  ".debug_str_offsets", ".debug_line", ".debug_line_str",
                                                  ".debug_ranges", ".debug_rnglists", ".debug_addr"};

/** Adds what a form takes to the length of an abbreviation's entries. */
void add_length(uint32_t form, Abbreviation* entry) {
  switch (form) {
    case dwarf::kFlagPresent:
    case dwarf::kImplicitConst:
      return;
    case dwarf::kData1:
    case dwarf::kFlag:
    case dwarf::kRef1:
    case dwarf::kStrx1:
    case dwarf::kAddrx1:
      entry->bytes += 1;
      return;
    case dwarf::kData2:
    case dwarf::kRef2:
    case dwarf::kStrx2:
    case dwarf::kAddrx2:
      entry->bytes += 2;
      return;
    case dwarf::kStrx3:
    case dwarf::kAddrx3:
      entry->bytes += 3;
      return;
    case dwarf::kData4:
    case dwarf::kRef4:
    case dwarf::kRefSup4:
    case dwarf::kStrx4:
    case dwarf::kAddrx4:
      entry->bytes += 4;
      return;
    case dwarf::kData8:
    case dwarf::kRef8:
    case dwarf::kRefSup8:
    case dwarf::kRefSig8:
      entry->bytes += 8;
      return;
    case dwarf::kData16:
      entry->bytes += 16;
      return;
    case dwarf::kAddr:
      entry->addresses++;
      return;
    case dwarf::kStrp:
    case dwarf::kLineStrp:
    case dwarf::kStrpSup:
    case dwarf::kSecOffset:
    case dwarf::kGnuRefAlt:
    case dwarf::kGnuStrpAlt:
      entry->offsets++;
      return;
    case dwarf::kRefAddr:
      entry->references++;
      return;
    default:
      entry->fixed = false;
  }
}

}  // namespace

void Effort::spend(uint64_t amount) {
  if (amount > left_) file_.malformed("its debug information leads to the same places again and again");
  left_ -= amount;
}

const Abbreviation* AbbreviationTable::find(uint64_t code) const {
  if (code - 1 < entries_.size() && scattered_.empty()) return &entries_[code - 1];
  auto entry = scattered_.find(code);
  return entry == scattered_.end() ? nullptr : &entries_[entry->second];
}

bool AbbreviationTable::read_one(Cursor* cursor) {
  uint64_t code = cursor->uleb();
  if (!cursor->ok() || code == 0 || entries_.size() >= kMaxEntries || attributes_.size() >= kMaxAttributes) return false;
  Abbreviation entry;
  entry.tag = static_cast<uint32_t>(cursor->uleb());
  entry.children = cursor->u8() != 0;
  entry.first = static_cast<uint32_t>(attributes_.size());
  for (;;) {
    uint64_t name = cursor->uleb();
    uint64_t form = cursor->uleb();
    if (!cursor->ok() || name > UINT32_MAX || form > UINT32_MAX) return false;
    if (name == 0 && form == 0) break;
    int64_t implicit = form == dwarf::kImplicitConst ? cursor->sleb() : 0;
    attributes_.push_back({static_cast<uint32_t>(name), static_cast<uint32_t>(form), implicit});
    add_length(static_cast<uint32_t>(form), &entry);
  }
  entry.count = static_cast<uint32_t>(attributes_.size()) - entry.first;
  bool in_order = scattered_.empty() && code == entries_.size() + 1;
  if (!in_order && scattered_.empty()) {
    for (uint32_t i = 0; i < entries_.size(); i++) scattered_.emplace(i + 1, i);
  }
  if (!in_order) scattered_.emplace(code, static_cast<uint32_t>(entries_.size()));
  entries_.push_back(entry);
  last_code_ = code;
  return true;
}

Bytes DwarfFile::section(Section which) const {
  if (!loaded_[which]) {
    loaded_[which] = true;
    sections_[which] = SectionBytes(elf_, std::string(kNames[which]) + (split_ ? ".dwo" : ""), budget_);
  }
  return sections_[which].view();
}

bool DwarfFile::read_header(uint64_t offset, Unit* ret_unit) const {
  Cursor cursor(section(kInfo), offset);
  Unit unit;
  unit.offset = offset;
  uint64_t length = cursor.u32();
  if (length == 0xffffffff) {
    unit.offset_size = 8;
    length = cursor.u64();
  }
  if (!cursor.ok() || length > cursor.left()) return false;
  unit.end = cursor.at() + length;
  cursor.narrow(unit.end);
  unit.version = cursor.u16();
  if (unit.version >= 5) {
    unit.type = cursor.u8();
    unit.address_size = cursor.u8();
    unit.abbreviations = cursor.unsigned_of(unit.offset_size);
    if (unit.type == dwarf::kSkeleton || unit.type == dwarf::kSplitCompile) unit.dwo_id = cursor.u64();
    if (unit.type == dwarf::kType || unit.type == dwarf::kSplitType) cursor.skip(8 + uint64_t{unit.offset_size});
  } else {
    unit.abbreviations = cursor.unsigned_of(unit.offset_size);
    unit.address_size = cursor.u8();
  }
  unit.root = cursor.at();
  // What is of another kind is stepped over, by its length.
  bool known = unit.version >= kMinVersion && unit.version <= kMaxVersion && (unit.address_size == 8 || unit.address_size == 4);
  if (!cursor.ok() || !known) unit.root = unit.end;
  *ret_unit = unit;
  return true;
}

bool DwarfFile::read_unit(uint64_t offset, const Contribution& contribution, Unit* ret_unit, Effort* effort) const {
  if (!read_header(offset, ret_unit)) return false;
  ret_unit->abbreviations += contribution.abbreviations;
  uint64_t header = ret_unit->offset_size == 8 ? 16 : 8;
  // Split units have no attribute that says where theirs begin: behind the header, which came with version 5.
  bool with_header = ret_unit->version >= 5;
  ret_unit->str_offsets_base = contribution.str_offsets + (with_header ? header : 0);
  ret_unit->rnglists_base = contribution.rnglists + (with_header ? header + 4 : 0);
  ret_unit->addr_base = with_header ? header : 0;
  ret_unit->ranges_base = contribution.rnglists;
  if (ret_unit->root < ret_unit->end) read_root(ret_unit, effort);
  return true;
}

void DwarfFile::read_root(Unit* unit, Effort* effort) const {
  Cursor cursor(section(kInfo), unit->root, unit->end);
  uint64_t code = cursor.uleb();
  if (code == 0) return;
  // Only as far as its own declaration, which mostly is the first.
  AbbreviationTable table;
  Cursor declarations(section(kAbbrev), unit->abbreviations);
  while (table.last_code() != code) {
    uint64_t before = declarations.at();
    bool more = table.read_one(&declarations);
    effort->spend(declarations.at() - before + 1);
    if (!more) return;
  }
  const Abbreviation& entry = *table.last();
  Value line, comp_dir, dwo_name;
  for (uint32_t i = 0; i < entry.count; i++) {
    const AbbreviatedAttribute& attribute = table.attributes(entry)[i];
    Value value;
    read(&cursor, *unit, attribute, &value);
    switch (attribute.name) {
      case dwarf::kLowPc:
        unit->low = value;
        break;
      case dwarf::kHighPc:
        unit->high = value;
        break;
      case dwarf::kRanges:
        unit->ranges = value;
        break;
      case dwarf::kStmtList:
        line = value;
        break;
      case dwarf::kCompDir:
        comp_dir = value;
        break;
      case dwarf::kDwoName:
      case dwarf::kGnuDwoName:
        dwo_name = value;
        break;
      case dwarf::kGnuDwoId:
        unit->dwo_id = number(value).value_or(0);
        break;
      case dwarf::kStrOffsetsBase:
        unit->str_offsets_base = offset(value).value_or(kNowhere);
        break;
      case dwarf::kAddrBase:
      case dwarf::kGnuAddrBase:
        unit->addr_base = offset(value).value_or(kNowhere);
        break;
      case dwarf::kRnglistsBase:
        unit->rnglists_base = offset(value).value_or(kNowhere);
        break;
      case dwarf::kGnuRangesBase:
        unit->split_ranges_base = offset(value).value_or(0);
        break;
      default:
        break;
    }
  }
  if (!cursor.ok()) return;
  // The bases may stand behind what they are for.
  unit->low_pc = address(*unit, unit->low).value_or(0);
  unit->line_table = offset(line).value_or(kNowhere);
  unit->comp_dir = text(*unit, comp_dir);
  unit->dwo_name = text(*unit, dwo_name);
}

void DwarfFile::read_units(Effort* effort) {
  uint64_t end = section(kInfo).size;
  for (uint64_t offset = 0; offset < end && units_.size() < kMaxUnits;) {
    Unit unit;
    if (!read_unit(offset, {}, &unit, effort)) return;
    effort->spend(sizeof unit);
    offset = unit.end;
    units_.push_back(unit);
  }
}

void DwarfFile::unit_ranges(const Unit& unit, Effort* effort, std::vector<Range>* ret_ranges) const {
  ranges_of(unit, unit.low, unit.high, unit.ranges, effort, ret_ranges);
}

const Unit* DwarfFile::unit_at(uint64_t offset) const {
  auto after = std::upper_bound(units_.begin(), units_.end(), offset,
                                [](uint64_t at, const Unit& unit) { return at < unit.offset; });
  if (after == units_.begin()) return nullptr;
  const Unit& unit = *(after - 1);
  return offset >= unit.root && offset < unit.end ? &unit : nullptr;
}

std::shared_ptr<const AbbreviationTable> DwarfFile::abbreviations(const Unit& unit, Effort* effort) const {
  auto known = tables_.find(unit.abbreviations);
  if (known != tables_.end()) return known->second;
  auto table = std::make_shared<AbbreviationTable>();
  Cursor cursor(section(kAbbrev), unit.abbreviations);
  uint64_t before = cursor.at();
  while (table->read_one(&cursor)) continue;
  effort->spend(cursor.at() - before);
  kept_ += table->size();
  if (kept_ > kMaxKept) {
    tables_.clear();
    kept_ = table->size();
  }
  tables_.emplace(unit.abbreviations, table);
  return table;
}

}  // namespace emberscope

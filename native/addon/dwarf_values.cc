/* SPDX-License-Identifier: Apache-2.0 */
/* What the attributes of entries say: numbers, texts, references, ranges of addresses. */
#include "dwarf_file.h"

namespace emberscope {
namespace {

void add_range(uint64_t start, uint64_t end, std::vector<Range>* ret_ranges) {
  if (end > start) ret_ranges->push_back({start, end});
}

}  // namespace

void DwarfFile::read(Cursor* cursor, const Unit& unit, const AbbreviatedAttribute& attribute, Value* ret_value) const {
  uint32_t form = attribute.form;
  if (form == dwarf::kIndirect) form = static_cast<uint32_t>(cursor->uleb());
  Value value;
  value.form = form;
  switch (form) {
    case dwarf::kFlagPresent:
      value.raw = 1;
      break;
    case dwarf::kImplicitConst:
      value.raw = static_cast<uint64_t>(attribute.implicit);
      break;
    case dwarf::kData1:
    case dwarf::kFlag:
    case dwarf::kRef1:
    case dwarf::kStrx1:
    case dwarf::kAddrx1:
      value.raw = cursor->u8();
      break;
    case dwarf::kData2:
    case dwarf::kRef2:
    case dwarf::kStrx2:
    case dwarf::kAddrx2:
      value.raw = cursor->u16();
      break;
    case dwarf::kStrx3:
    case dwarf::kAddrx3:
      value.raw = cursor->unsigned_of(3);
      break;
    case dwarf::kData4:
    case dwarf::kRef4:
    case dwarf::kRefSup4:
    case dwarf::kStrx4:
    case dwarf::kAddrx4:
      value.raw = cursor->u32();
      break;
    case dwarf::kData8:
    case dwarf::kRef8:
    case dwarf::kRefSup8:
    case dwarf::kRefSig8:
      value.raw = cursor->u64();
      break;
    case dwarf::kData16:
      cursor->skip(16);
      break;
    case dwarf::kAddr:
      value.raw = cursor->unsigned_of(unit.address_size);
      break;
    case dwarf::kStrp:
    case dwarf::kLineStrp:
    case dwarf::kStrpSup:
    case dwarf::kSecOffset:
    case dwarf::kGnuRefAlt:
    case dwarf::kGnuStrpAlt:
      value.raw = cursor->unsigned_of(unit.offset_size);
      break;
    case dwarf::kRefAddr:
      value.raw = cursor->unsigned_of(unit.version <= 2 ? unit.address_size : unit.offset_size);
      break;
    case dwarf::kUdata:
    case dwarf::kRefUdata:
    case dwarf::kStrx:
    case dwarf::kAddrx:
    case dwarf::kLoclistx:
    case dwarf::kRnglistx:
    case dwarf::kGnuAddrIndex:
    case dwarf::kGnuStrIndex:
      value.raw = cursor->uleb();
      break;
    case dwarf::kSdata:
      value.raw = static_cast<uint64_t>(cursor->sleb());
      break;
    case dwarf::kString:
      value.text = cursor->text();
      break;
    case dwarf::kBlock1:
      cursor->skip(cursor->u8());
      break;
    case dwarf::kBlock2:
      cursor->skip(cursor->u16());
      break;
    case dwarf::kBlock4:
      cursor->skip(cursor->u32());
      break;
    case dwarf::kBlock:
    case dwarf::kExprloc:
      cursor->skip(cursor->uleb());
      break;
    default:
      // Of unknown length: nothing behind it can be read.
      cursor->skip(UINT64_MAX);
  }
  *ret_value = value;
}

std::optional<uint64_t> DwarfFile::number(const Value& value) const {
  switch (value.form) {
    case dwarf::kData1:
    case dwarf::kData2:
    case dwarf::kData4:
    case dwarf::kData8:
    case dwarf::kUdata:
    case dwarf::kSdata:
    case dwarf::kImplicitConst:
      return value.raw;
    default:
      return std::nullopt;
  }
}

std::optional<uint64_t> DwarfFile::offset(const Value& value) const {
  bool is = value.form == dwarf::kSecOffset || value.form == dwarf::kData4 || value.form == dwarf::kData8;
  return is ? std::optional(value.raw) : std::nullopt;
}

bool DwarfFile::is_address(uint32_t form) {
  return form == dwarf::kAddr || form == dwarf::kAddrx || form == dwarf::kGnuAddrIndex ||
         (form >= dwarf::kAddrx1 && form <= dwarf::kAddrx4);
}

std::optional<uint64_t> DwarfFile::indexed_address(const Unit& unit, uint64_t index) const {
  const DwarfFile& file = unit.skeleton_file ? *unit.skeleton_file : *this;
  Bytes addresses = file.section(kAddr);
  if (unit.addr_base > addresses.size || index >= (addresses.size - unit.addr_base) / unit.address_size) return std::nullopt;
  return Cursor(addresses, unit.addr_base + index * unit.address_size).unsigned_of(unit.address_size);
}

std::optional<uint64_t> DwarfFile::address(const Unit& unit, const Value& value) const {
  if (!is_address(value.form)) return std::nullopt;
  return value.form == dwarf::kAddr ? value.raw : indexed_address(unit, value.raw);
}

std::string_view DwarfFile::text_in(Section which, uint64_t offset) const { return Cursor(section(which), offset).text(); }

std::string_view DwarfFile::text(const Unit& unit, const Value& value) const {
  switch (value.form) {
    case dwarf::kString:
      return value.text;
    case dwarf::kStrp:
      return text_in(kStr, value.raw);
    case dwarf::kLineStrp:
      return text_in(kLineStr, value.raw);
    case dwarf::kStrpSup:
    case dwarf::kGnuStrpAlt:
      return alternate_ ? alternate_->text_in(kStr, value.raw) : std::string_view();
    case dwarf::kStrx:
    case dwarf::kStrx1:
    case dwarf::kStrx2:
    case dwarf::kStrx3:
    case dwarf::kStrx4:
    case dwarf::kGnuStrIndex: {
      Bytes offsets = section(kStrOffsets);
      uint64_t base = unit.str_offsets_base;
      if (base > offsets.size || value.raw >= (offsets.size - base) / unit.offset_size) return {};
      return text_in(kStr, Cursor(offsets, base + value.raw * unit.offset_size).unsigned_of(unit.offset_size));
    }
    default:
      return {};
  }
}

std::optional<Reference> DwarfFile::reference(const Unit& unit, const Value& value) const {
  switch (value.form) {
    case dwarf::kRef1:
    case dwarf::kRef2:
    case dwarf::kRef4:
    case dwarf::kRef8:
    case dwarf::kRefUdata:
      if (value.raw >= unit.end - unit.offset) return std::nullopt;
      return Reference{this, unit.offset + value.raw};
    case dwarf::kRefAddr:
      return Reference{this, value.raw};
    case dwarf::kGnuRefAlt:
    case dwarf::kRefSup4:
    case dwarf::kRefSup8:
      return alternate_ ? std::optional(Reference{alternate_, value.raw}) : std::nullopt;
    default:
      return std::nullopt;
  }
}

void DwarfFile::ranges_of(const Unit& unit, const Value& low, const Value& high, const Value& ranges, Effort* effort,
                          std::vector<Range>* ret_ranges) const {
  if (ranges.form == dwarf::kRnglistx) {
    Bytes lists = section(kRnglists);
    uint64_t base = unit.rnglists_base;
    if (base > lists.size || ranges.raw >= (lists.size - base) / unit.offset_size) return;
    uint64_t in_list = Cursor(lists, base + ranges.raw * unit.offset_size).unsigned_of(unit.offset_size);
    if (in_list <= lists.size - base) read_rnglist(unit, base + in_list, effort, ret_ranges);
  } else if (std::optional<uint64_t> at = offset(ranges)) {
    if (*at > UINT64_MAX - unit.ranges_base) return;
    if (unit.version >= 5) read_rnglist(unit, *at + unit.ranges_base, effort, ret_ranges);
    else read_ranges(unit, *at + unit.ranges_base, effort, ret_ranges);
  } else if (std::optional<uint64_t> start = address(unit, low)) {
    std::optional<uint64_t> end = is_address(high.form) ? address(unit, high) : number(high);
    if (!end) return;
    if (!is_address(high.form)) *end += *start;
    add_range(*start, *end, ret_ranges);
  }
}

void DwarfFile::read_ranges(const Unit& unit, uint64_t offset, Effort* effort, std::vector<Range>* ret_ranges) const {
  const DwarfFile& file = unit.skeleton_file ? *unit.skeleton_file : *this;
  Cursor cursor(file.section(kRanges), offset);
  uint64_t base = unit.low_pc;
  uint64_t new_base = unit.address_size == 4 ? UINT32_MAX : UINT64_MAX;
  while (cursor.more()) {
    uint64_t start = cursor.unsigned_of(unit.address_size);
    uint64_t end = cursor.unsigned_of(unit.address_size);
    effort->spend(sizeof(Range));
    if (!cursor.ok() || (start == 0 && end == 0)) return;
    if (start == new_base) base = end;
    else add_range(base + start, base + end, ret_ranges);
  }
}

void DwarfFile::read_rnglist(const Unit& unit, uint64_t offset, Effort* effort, std::vector<Range>* ret_ranges) const {
  Cursor cursor(section(kRnglists), offset);
  uint64_t base = unit.low_pc;
  while (cursor.more()) {
    effort->spend(sizeof(Range));
    uint64_t start = 0;
    uint64_t end = 0;
    switch (cursor.u8()) {
      case dwarf::kBaseAddressx:
        base = indexed_address(unit, cursor.uleb()).value_or(0);
        continue;
      case dwarf::kStartxEndx:
        start = indexed_address(unit, cursor.uleb()).value_or(0);
        end = indexed_address(unit, cursor.uleb()).value_or(0);
        break;
      case dwarf::kStartxLength:
        start = indexed_address(unit, cursor.uleb()).value_or(0);
        end = start + cursor.uleb();
        break;
      case dwarf::kOffsetPair:
        start = base + cursor.uleb();
        end = base + cursor.uleb();
        break;
      case dwarf::kBaseAddress:
        base = cursor.unsigned_of(unit.address_size);
        continue;
      case dwarf::kStartEnd:
        start = cursor.unsigned_of(unit.address_size);
        end = cursor.unsigned_of(unit.address_size);
        break;
      case dwarf::kStartLength:
        start = cursor.unsigned_of(unit.address_size);
        end = start + cursor.uleb();
        break;
      default:
        // The end of the list, or nothing that is known.
        return;
    }
    if (cursor.ok()) add_range(start, end, ret_ranges);
  }
}

}  // namespace emberscope

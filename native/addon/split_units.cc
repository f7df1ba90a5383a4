/* SPDX-License-Identifier: Apache-2.0 */
#include "split_units.h"

#include "debug_file.h"

namespace emberscope {
namespace {

// GNU's version of packages, and DWARF 5's.
constexpr uint32_t kGnuPackage = 2;
constexpr uint32_t kPackage = 5;
// A unit has eight parts at most.
constexpr uint32_t kMaxColumns = 16;

/** The split part sees the addresses, lines and folder of its skeleton. */
Unit joined(Unit split, const Unit& skeleton, const DwarfFile& file) {
  split.skeleton_file = &file;
  split.low_pc = skeleton.low_pc;
  split.addr_base = skeleton.addr_base;
  split.comp_dir = skeleton.comp_dir;
  split.line_table = skeleton.line_table;
  if (split.version < 5) split.ranges_base = skeleton.split_ranges_base;
  return split;
}

}  // namespace

SplitUnits::SplitUnits(const std::string& object_path, const std::string& debug_path, MemoryBudget* budget)
    : object_path_(object_path), debug_path_(debug_path), budget_(budget) {}

SplitUnits::Package::Package(ElfFile opened, MemoryBudget* budget)
    : elf(std::move(opened)), dwarf(elf, true, budget), index(elf, ".debug_cu_index", budget) {}

bool SplitUnits::Package::find(uint64_t dwo_id, uint64_t* ret_offset, Contribution* ret_contribution) const {
  Cursor header(index.view());
  // A number of 32 bits, or in version 5 of 16 with padding.
  uint32_t version = header.u32() & 0xffff;
  uint32_t columns = header.u32();
  uint32_t units = header.u32();
  uint32_t slots = header.u32();
  if (!header.ok() || (version != kGnuPackage && version != kPackage) || columns == 0 || columns > kMaxColumns) return false;
  uint64_t ids = header.at();
  uint64_t rows = ids + uint64_t{slots} * 8;
  uint64_t names = rows + uint64_t{slots} * 4;
  if (slots > header.left() / 12) return false;
  // Gone through rather than hashed: a few thousand at most, next to a unit that is read from end to end.
  for (uint32_t slot = 0; slot < slots; slot++) {
    if (Cursor(index.view(), ids + slot * uint64_t{8}).u64() != dwo_id) continue;
    uint32_t row = Cursor(index.view(), rows + slot * uint64_t{4}).u32();
    if (row == 0 || row > units) continue;
    Cursor name(index.view(), names);
    Cursor offset(index.view(), names + (uint64_t{columns} + uint64_t{row - 1} * columns) * 4);
    *ret_offset = kNowhere;
    for (uint32_t column = 0; column < columns; column++) {
      uint64_t at = offset.u32();
      switch (name.u32()) {
        case dwarf::kColumnInfo:
          *ret_offset = at;
          break;
        case dwarf::kColumnAbbrev:
          ret_contribution->abbreviations = at;
          break;
        case dwarf::kColumnStrOffsets:
          ret_contribution->str_offsets = at;
          break;
        case dwarf::kColumnRnglists:
          if (version == kPackage) ret_contribution->rnglists = at;
          break;
        default:
          break;
      }
    }
    return offset.ok() && *ret_offset != kNowhere;
  }
  return false;
}

void SplitUnits::open_package() {
  looked_ = true;
  std::string real = real_path(object_path_);
  for (const std::string& path : {object_path_, real, debug_path_}) {
    std::optional<ElfFile> elf = open_quietly(path + ".dwp", ElfFile::kAnyKind);
    if (!elf) continue;
    package_ = std::make_unique<Package>(std::move(*elf), budget_);
    return;
  }
}

std::shared_ptr<const UnitIndex> SplitUnits::build_from_package(const DwarfFile& file, const Unit& skeleton, const ElfFile& object,
                                                                Effort* effort) {
  uint64_t offset;
  Contribution contribution;
  Unit split;
  if (!package_->find(skeleton.dwo_id, &offset, &contribution)) return nullptr;
  if (!package_->dwarf.read_unit(offset, contribution, &split, effort)) return nullptr;
  return UnitIndex::build(package_->dwarf, joined(split, skeleton, file), object, effort);
}

std::vector<std::string> SplitUnits::places_of(const Unit& skeleton) const {
  std::string name(skeleton.dwo_name);
  std::string folder = folder_of(root_of(object_path_).empty() ? real_path(object_path_) : object_path_);
  std::string root = root_of(object_path_);
  std::vector<std::string> places;
  std::string built = name[0] == '/' ? name : std::string(skeleton.comp_dir) + "/" + name;
  if (built[0] == '/') {
    if (!root.empty()) places.push_back(root + built);
    places.push_back(built);
  }
  // Moved together with the object.
  if (name[0] != '/') places.push_back(folder + "/" + name);
  places.push_back(folder + "/" + name.substr(name.rfind('/') + 1));
  return places;
}

std::shared_ptr<const UnitIndex> SplitUnits::build(const DwarfFile& file, const Unit& skeleton, const ElfFile& object, Effort* effort) {
  if (!looked_) open_package();
  if (package_) {
    if (auto index = build_from_package(file, skeleton, object, effort)) return index;
  }
  for (const std::string& place : places_of(skeleton)) {
    std::optional<ElfFile> elf = open_quietly(place, ElfFile::kAnyKind);
    if (!elf) continue;
    // Forgotten when its unit is indexed: the next question is seldom for the same.
    MemoryBudget own = *budget_;
    DwarfFile split(*elf, true, &own);
    split.read_units(effort);
    for (const Unit& unit : split.units()) {
      if (unit.type != dwarf::kSplitType && unit.type != dwarf::kType && unit.dwo_id == skeleton.dwo_id) {
        return UnitIndex::build(split, joined(unit, skeleton, file), object, effort);
      }
    }
  }
  return nullptr;
}

}  // namespace emberscope

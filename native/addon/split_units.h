/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Split DWARF: a skeleton unit in the object, its entries in a .dwo file or with others in a .dwp package
 * (DWARF 5, section 7.3; GNU's "DebugFission" for version 4).
 */
#ifndef EMBERSCOPE_SPLIT_UNITS_H
#define EMBERSCOPE_SPLIT_UNITS_H

#include "unit_index.h"

namespace emberscope {

class SplitUnits {
 public:
  /** @param object_path, debug_path beside which packages may lie */
  SplitUnits(const std::string& object_path, const std::string& debug_path, MemoryBudget* budget);

  /** Null: its other part was not found, or is of another build. @param file of the skeleton */
  std::shared_ptr<const UnitIndex> build(const DwarfFile& file, const Unit& skeleton, const ElfFile& object, Effort* effort);

 private:
  struct Package {
    Package(ElfFile opened, MemoryBudget* budget);
    bool find(uint64_t dwo_id, uint64_t* ret_offset, Contribution* ret_contribution) const;

    ElfFile elf;
    DwarfFile dwarf;
    SectionBytes index;
  };

  void open_package();
  std::shared_ptr<const UnitIndex> build_from_package(const DwarfFile& file, const Unit& skeleton, const ElfFile& object, Effort* effort);
  std::vector<std::string> places_of(const Unit& skeleton) const;

  std::string object_path_;
  std::string debug_path_;
  MemoryBudget* budget_;
  bool looked_ = false;
  std::unique_ptr<Package> package_;
};

}  // namespace emberscope

#endif

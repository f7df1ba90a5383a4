/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One unit of debug information made ready for look-ups: which function's code an address is, what was inlined
 * there, and its source line. Holds all it needs: the file may be forgotten.
 */
#ifndef EMBERSCOPE_UNIT_INDEX_H
#define EMBERSCOPE_UNIT_INDEX_H

#include <memory>

#include "dwarf_file.h"
#include "file_table.h"
#include "interval_map.h"
#include "line_program.h"

namespace emberscope {

class UnitIndex {
 public:
  struct Function {
    /** As the linker knows it, else as the source does; empty: it has none. */
    std::string name;
    /** Where it is declared; kNoFile and 0 where that is not known. */
    uint32_t file = FileTable::kNoFile;
    uint32_t line = 0;
  };
  /** A function with code of its own, or inlined into another. */
  struct Node {
    /** kNobody: not inlined. */
    uint32_t parent;
    uint32_t function;
    /** Where it is called from. */
    uint32_t call_file;
    uint32_t call_line;
  };
  /** One function at an address and the place in it; `function` null: not known. */
  struct Place {
    const Function* function;
    uint32_t file;
    uint32_t line;
  };

  /** @param unit of `file`; @param object whose code it is */
  static std::shared_ptr<const UnitIndex> build(const DwarfFile& file, const Unit& unit, const ElfFile& object, Effort* effort);

  /** Outermost first; empty where nothing is known. */
  void find(uint64_t address, std::vector<Place>* ret_places) const;
  std::string path(uint32_t file) const { return files_.path(file); }
  size_t bytes() const;

 private:
  friend class UnitReader;

  std::vector<Node> nodes_;
  std::vector<Function> functions_;
  IntervalMap code_;
  std::vector<LineRow> rows_;
  FileTable files_;
};

}  // namespace emberscope

#endif

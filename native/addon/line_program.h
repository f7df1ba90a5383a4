/* SPDX-License-Identifier: Apache-2.0 */
/* The line table of a unit (DWARF 2 to 5, section 6.2): its files, and the rows that its program makes. */
#ifndef EMBERSCOPE_LINE_PROGRAM_H
#define EMBERSCOPE_LINE_PROGRAM_H

#include "dwarf_file.h"
#include "file_table.h"

namespace emberscope {

struct LineRow {
  uint64_t address;
  /** kNoFile: the code before it ends here. */
  uint32_t file;
  /** 0: of no line. */
  uint32_t line;
};

/** Reads only the files. A unit without a line table, or with a damaged one, has none. */
FileTable read_file_table(const DwarfFile& file, const Unit& unit, Effort* effort);

/**
 * Both. Rows are sorted by address, one an address, and neighbours differ.
 * @param object whose code is asked for: rows of code that the linker left out are not kept
 */
FileTable read_line_table(const DwarfFile& file, const Unit& unit, const ElfFile& object, Effort* effort,
                          std::vector<LineRow>* ret_rows);

}  // namespace emberscope

#endif

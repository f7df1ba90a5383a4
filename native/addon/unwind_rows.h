/* SPDX-License-Identifier: Apache-2.0 */
/*
 * .eh_frame compiled into `struct unwind_row` of bpf/records.h: what a walk in the kernel needs of it, 8 bytes a row.
 * Of x86-64 objects; others have no rows.
 */
#ifndef EMBERSCOPE_UNWIND_ROWS_H
#define EMBERSCOPE_UNWIND_ROWS_H

#include <string>
#include <vector>

#include "elf_file.h"
#include "unwind_row.h"

namespace emberscope {

/** See addon.d.ts. */
struct UnwindRows {
  std::vector<unwind_row> rows;
  std::string build_id;
  uint32_t functions = 0;
  uint32_t refused = 0;
  uint32_t unknown = 0;
};

/** @throws ObjectError as of OpenedObject::open_file, and EMALFORMED where .eh_frame cannot be believed */
UnwindRows compile_unwind_rows(const ElfFile& file, const std::string& expected_build_id);

}  // namespace emberscope

#endif

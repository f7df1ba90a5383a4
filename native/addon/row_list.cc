/* SPDX-License-Identifier: Apache-2.0 */
#include "row_list.h"

#include "object_error.h"

namespace emberscope {

void RowList::too_many() {
  throw ObjectError("EMALFORMED", "The object is damaged: its unwind tables have too many rows.");
}

std::vector<unwind_row> RowList::take(uint32_t* ret_unknown) {
  uint32_t unknown = 0;
  size_t kept = 0;
  bool counted = false;
  for (unwind_row row : rows_) {
    if (row.rule != UNWIND_NONE) {
      rows_[kept++] = row;
      continue;
    }
    bool is_first = kept == 0 || rows_[kept - 1].rule != UNWIND_NONE;
    if (is_first) counted = false;
    if (row.fp != 0 && !counted) {
      counted = true;
      unknown++;
    }
    row.fp = 0;
    if (is_first) rows_[kept++] = row;
  }
  rows_.resize(kept);
  *ret_unknown = unknown;
  return std::move(rows_);
}

}  // namespace emberscope

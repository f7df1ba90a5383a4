/* SPDX-License-Identifier: Apache-2.0 */
/* Symbols of an object by their names, of any type: where an interpreter keeps its state. */
#ifndef EMBERSCOPE_FIND_SYMBOLS_H
#define EMBERSCOPE_FIND_SYMBOLS_H

#include <optional>
#include <string>
#include <vector>

#include "elf_file.h"

namespace emberscope {

struct FoundSymbol {
  uint64_t address;
  uint64_t size;
  /** Where in the file it lies; nothing where it has no bytes there (.bss). */
  std::optional<uint64_t> file_offset;
};

/**
 * For each name the first symbol that is defined, of .dynsym, else of .symtab. Names are of at most 255 characters.
 * @throws ObjectError as of OpenedObject::open_file
 */
std::vector<std::optional<FoundSymbol>> find_symbols(const ElfFile& file, const std::string& expected_build_id,
                                                     const std::vector<std::string>& names);

}  // namespace emberscope

#endif

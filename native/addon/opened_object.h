/* SPDX-License-Identifier: Apache-2.0 */
/* An object whose symbols and source lines can be asked for: its own, or those of its separate debug file. */
#ifndef EMBERSCOPE_OPENED_OBJECT_H
#define EMBERSCOPE_OPENED_OBJECT_H

#include <memory>
#include <string>
#include <vector>

#include "elf_file.h"
#include "line_index.h"
#include "symbol_index.h"

namespace emberscope {

class OpenedObject {
 public:
  /** See openObject in addon.d.ts. @throws ObjectError */
  static std::shared_ptr<const OpenedObject> open_file(const std::string& path, const std::string& expected_build_id,
                                                       const std::vector<std::string>& debug_folders);
  /** See openImage in addon.d.ts. @throws ObjectError */
  static std::shared_ptr<const OpenedObject> open_image(std::vector<uint8_t> image,
                                                        const std::string& expected_build_id);

  const ElfFile& file() const { return file_; }
  const std::string& build_id() const { return build_id_; }
  /** "symtab", "dynsym", "debug-file", "gnu-debugdata" or "none". */
  const char* source() const { return source_; }
  /** "own", "debug-file" or "none". */
  const char* debug_info() const;
  const std::string& debug_file() const { return debug_file_; }
  const SymbolIndex& index() const { return index_; }

  struct Names {
    /** Per offset: index into `names`, -1: no name. */
    std::vector<int32_t> name;
    std::vector<double> distance;
    /** Demangled. */
    std::vector<std::string> names;
  };
  Names symbolize(const std::vector<double>& file_offsets) const;
  /** See locate in addon.d.ts. @throws ObjectError */
  Places locate(const std::vector<double>& file_offsets) const;

 private:
  OpenedObject(ElfFile file, const std::string& path, const std::string& expected_build_id,
               const std::vector<std::string>& debug_folders);

  void add_symbols(std::optional<ElfFile>* debug);
  bool add_table(const ElfFile& file, const Elf64_Shdr& table, const char* source);
  std::optional<uint64_t> address_of(double file_offset) const;

  ElfFile file_;
  /** Only where lines are in it. */
  std::optional<ElfFile> debug_;
  std::unique_ptr<LineIndex> lines_;
  std::string build_id_;
  const char* source_ = "none";
  std::string debug_file_;
  SymbolIndex index_;
};

}  // namespace emberscope

#endif

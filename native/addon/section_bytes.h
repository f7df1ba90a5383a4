/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whole sections in memory, uncompressed: SHF_COMPRESSED (gABI, "Section Compression": zlib, zstd) and GNU's
 * older .zdebug_* sections. What cannot be uncompressed is as if it were not there.
 */
#ifndef EMBERSCOPE_SECTION_BYTES_H
#define EMBERSCOPE_SECTION_BYTES_H

#include <memory>

#include "cursor.h"
#include "elf_file.h"

namespace emberscope {

/** Bytes that may still be held. */
struct MemoryBudget {
  uint64_t left;
};

class SectionBytes {
 public:
  SectionBytes() = default;
  /**
   * The section called `name`, with its dot; empty where there is none.
   * @throws ObjectError EIO, and EMALFORMED where it is larger than the budget, from which it is taken
   */
  SectionBytes(const ElfFile& file, const std::string& name, MemoryBudget* budget);

  Bytes view() const { return {data_.get(), size_}; }

 private:
  void allocate(const ElfFile& file, uint64_t size, MemoryBudget* budget);
  void read_compressed(const ElfFile& file, const Elf64_Shdr& section, MemoryBudget* budget);

  /** Not a vector: that would first write zeros over all of it. */
  std::unique_ptr<uint8_t[]> data_;
  uint64_t size_ = 0;
};

}  // namespace emberscope

#endif

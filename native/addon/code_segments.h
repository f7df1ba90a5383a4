/* SPDX-License-Identifier: Apache-2.0 */
/* The executable parts of an object that rows can name: what lies below 4 GiB of the file. */
#ifndef EMBERSCOPE_CODE_SEGMENTS_H
#define EMBERSCOPE_CODE_SEGMENTS_H

#include <algorithm>
#include <optional>
#include <vector>

#include "elf_file.h"

namespace emberscope {

class CodeSegments {
 public:
  explicit CodeSegments(const ElfFile& file) {
    for (const Elf64_Phdr& load : file.loads()) {
      bool reachable = load.p_offset < UINT32_MAX && load.p_filesz < UINT32_MAX - load.p_offset;
      if ((load.p_flags & PF_X) && load.p_filesz > 0 && reachable) loads_.push_back(load);
    }
    auto before = [](const Elf64_Phdr& a, const Elf64_Phdr& b) { return a.p_vaddr < b.p_vaddr; };
    std::stable_sort(loads_.begin(), loads_.end(), before);
  }

  struct Place {
    uint32_t at;
    /** Of the segment, exclusive. */
    uint32_t segment_end;
  };
  /** Where code lies in the file. Nothing where it is not whole in one segment. */
  std::optional<Place> find(uint64_t address, uint64_t length) const {
    auto starts_after = [](uint64_t at, const Elf64_Phdr& load) { return at < load.p_vaddr; };
    auto after = std::upper_bound(loads_.begin(), loads_.end(), address, starts_after);
    if (after == loads_.begin()) return std::nullopt;
    const Elf64_Phdr& load = *(after - 1);
    uint64_t within = address - load.p_vaddr;
    if (within >= load.p_filesz || length > load.p_filesz - within) return std::nullopt;
    return Place{static_cast<uint32_t>(load.p_offset + within), static_cast<uint32_t>(load.p_offset + load.p_filesz)};
  }

 private:
  std::vector<Elf64_Phdr> loads_;
};

}  // namespace emberscope

#endif

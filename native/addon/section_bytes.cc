/* SPDX-License-Identifier: Apache-2.0 */
#include "section_bytes.h"

#include <cstring>

#include "inflate.h"
#include "object_error.h"

namespace emberscope {
namespace {

constexpr uint32_t kTypeZlib = 1;
constexpr uint32_t kTypeZstd = 2;
// "ZLIB" and the size, its high byte first.
constexpr size_t kOldHeader = 12;

struct Stored {
  Compression kind;
  uint64_t size;
  size_t header;
};

/** False: of no kind that is known. */
bool read_header(const Elf64_Shdr& section, const uint8_t* bytes, Stored* ret_stored) {
  if (section.sh_flags & SHF_COMPRESSED) {
    Elf64_Chdr header;
    if (section.sh_size < sizeof header) return false;
    std::memcpy(&header, bytes, sizeof header);
    if (header.ch_type != kTypeZlib && header.ch_type != kTypeZstd) return false;
    *ret_stored = {header.ch_type == kTypeZlib ? Compression::kZlib : Compression::kZstd, header.ch_size, sizeof header};
    return true;
  }
  if (section.sh_size < kOldHeader || std::memcmp(bytes, "ZLIB", 4) != 0) return false;
  uint64_t size = 0;
  for (size_t i = 4; i < kOldHeader; i++) size = size << 8 | bytes[i];
  *ret_stored = {Compression::kZlib, size, kOldHeader};
  return true;
}

}  // namespace

SectionBytes::SectionBytes(const ElfFile& file, const std::string& name, MemoryBudget* budget) {
  if (const Elf64_Shdr* section = file.section_named(name.c_str())) {
    if (section->sh_flags & SHF_COMPRESSED) {
      read_compressed(file, *section, budget);
    } else {
      file.check_section(*section);
      allocate(file, section->sh_size, budget);
      file.read_section(*section, 0, data_.get(), size_);
    }
  } else if (const Elf64_Shdr* old = file.section_named((".z" + name.substr(1)).c_str())) {
    read_compressed(file, *old, budget);
  }
}

void SectionBytes::allocate(const ElfFile& file, uint64_t size, MemoryBudget* budget) {
  if (size > budget->left) file.malformed("its debug information is larger than this program reads");
  budget->left -= size;
  data_.reset(new uint8_t[size]);
  size_ = size;
}

void SectionBytes::read_compressed(const ElfFile& file, const Elf64_Shdr& section, MemoryBudget* budget) {
  if (section.sh_size > file.source().size() || section.sh_size > budget->left) {
    file.malformed("a compressed section is too large");
  }
  std::unique_ptr<uint8_t[]> bytes(new uint8_t[section.sh_size]);
  file.read_stored(section, 0, bytes.get(), section.sh_size);
  Stored stored;
  if (!read_header(section, bytes.get(), &stored)) return;
  uint64_t length = section.sh_size - stored.header;
  if (!may_inflate_to(stored.kind, length, stored.size)) return;
  allocate(file, stored.size, budget);
  if (!inflate(stored.kind, bytes.get() + stored.header, length, data_.get(), size_)) size_ = 0;
}

}  // namespace emberscope

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A bounds-checked reader of 64-bit ELF files in this machine's byte order. The file is hostile input:
 * nothing in it is believed before it was checked against the size of the file, and nothing is mapped
 * (a mapped file that is truncated by somebody else would kill the process with SIGBUS).
 * Format: System V ABI, chapters 4 and 5; elf(5).
 */
#ifndef EMBERSCOPE_ELF_FILE_H
#define EMBERSCOPE_ELF_FILE_H

#include <elf.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace emberscope {

/** Bytes that can be read at any place: a file, or an image in memory. */
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  virtual uint64_t size() const = 0;
  /** Reads exactly `length` bytes. @throws ObjectError EIO */
  virtual void read(uint64_t offset, void* into, size_t length) const = 0;

  /** A regular file. @throws ObjectError ENOENT, EACCES, ENOTELF (a folder, pipe or device), EIO */
  static std::unique_ptr<ByteSource> open_file(const std::string& path);
  static std::unique_ptr<ByteSource> from_memory(std::vector<uint8_t> bytes);
};

/** The name and checksum of a separate debug file, as .gnu_debuglink gives them. */
struct DebugLink {
  std::string name;
  uint32_t crc;
};

/** A part of a segment that is loaded, from an address to the end of the segment's bytes in the file. */
struct LoadedBytes {
  uint64_t offset;
  uint64_t address;
  uint64_t size;
};

/** The path, maybe relative, and hexadecimal build id of a debug file shared by several. */
struct AlternateLink {
  std::string path;
  std::string build_id;
};

class ElfFile {
 public:
  /** Programs and libraries, or any kind of object: split debug information lies in unlinked ones. */
  enum Accepts { kLoadable, kAnyKind };
  /** `name` is what sentences call the file. @throws ObjectError ENOTELF, EMALFORMED, EIO */
  ElfFile(std::unique_ptr<ByteSource> source, std::string name, Accepts accepts = kLoadable);

  const std::string& name() const { return name_; }
  const ByteSource& source() const { return *source_; }
  const std::vector<Elf64_Shdr>& sections() const { return sections_; }
  /** Hexadecimal; empty where there is none. */
  const std::string& build_id() const { return build_id_; }

  /** The first section of this type (SHT_SYMTAB, SHT_DYNSYM) that has bytes in the file. */
  const Elf64_Shdr* section_of_type(uint32_t type) const;
  /** The first section of this name, of at most 30 characters, that has bytes in the file and is not loaded. */
  const Elf64_Shdr* section_named(const char* name) const;
  /** Whether it has line tables and functions: .debug_info, or as GNU once called it compressed, .zdebug_info. */
  bool has_debug_info() const { return section_named(".debug_info") || section_named(".zdebug_info"); }
  /** @throws ObjectError EMALFORMED where the link is damaged */
  std::optional<DebugLink> debug_link() const;
  /** .gnu_debugaltlink: the file that holds what several debug files have in common. @throws ObjectError EMALFORMED */
  std::optional<AlternateLink> alternate_link() const;
  /** The address at which a byte of the file is loaded, by the program headers. */
  std::optional<uint64_t> address_of(uint64_t file_offset) const;
  /** Whether an address is code: what a linker left out keeps debug information, mostly at address 0. */
  bool is_code(uint64_t address) const;

  /** Reads a part of a section after checking it against section and file. @throws ObjectError EMALFORMED, EIO */
  void read_section(const Elf64_Shdr& section, uint64_t offset, void* into, size_t length) const;
  /** The same, of a section that may be compressed: as it lies in the file. @throws ObjectError EMALFORMED, EIO */
  void read_stored(const Elf64_Shdr& section, uint64_t offset, void* into, size_t length) const;
  /** Says whether the section's bytes lie in the file, uncompressed. @throws ObjectError EMALFORMED */
  void check_section(const Elf64_Shdr& section) const;
  [[noreturn]] void malformed(const std::string& what) const;

  /** e_machine. */
  uint16_t machine() const { return machine_; }
  /** Address at which a program begins; 0: none. */
  uint64_t entry() const { return entry_; }
  /** @throws ObjectError EBUILDID unless it is the file's, or empty */
  void expect_build_id(const std::string& expected) const;
  /** PT_LOAD, executable ones first. Their addresses do not wrap; the rest is as the file says. */
  const std::vector<Elf64_Phdr>& loads() const { return loads_; }
  std::optional<LoadedBytes> loaded_bytes(uint64_t address) const;
  /** The first section of this name, of at most 30 characters, that is loaded and has bytes in the file. */
  const Elf64_Shdr* loaded_section(const char* name) const;
  /** .eh_frame_hdr, by its program header. */
  std::optional<LoadedBytes> frame_index() const;

 private:
  void read_headers();
  void read_section_headers(const Elf64_Ehdr& header);
  void read_program_headers(const Elf64_Ehdr& header);
  void find_build_id();
  bool build_id_in(uint64_t offset, uint64_t length, uint64_t alignment, uint64_t* budget);
  bool has(uint64_t offset, uint64_t length) const;
  std::string section_name(const Elf64_Shdr& section) const;
  std::vector<char> read_link(const char* name) const;

  Accepts accepts_;
  std::unique_ptr<ByteSource> source_;
  std::string name_;
  std::string build_id_;
  std::vector<Elf64_Shdr> sections_;
  std::vector<Elf64_Phdr> loads_;
  std::vector<Elf64_Phdr> notes_;
  uint32_t names_section_ = SHN_UNDEF;
  uint16_t machine_ = EM_NONE;
  uint64_t entry_ = 0;
  uint64_t frame_index_ = 0;
};

}  // namespace emberscope

#endif

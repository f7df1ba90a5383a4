/* SPDX-License-Identifier: Apache-2.0 */
#include "elf_file.h"

#include <algorithm>
#include <cstring>

#include "object_error.h"

namespace emberscope {
namespace {

// Far above what real files have (Chromium: 40 sections, 12 program headers; a binary built with one
// section a function: some hundred thousand), so that a hostile count cannot make us read for minutes.
constexpr uint64_t kMaxSections = 1 << 18;
// The kernel loads no program with more than 1,170.
constexpr uint64_t kMaxProgramHeaders = 4096;
// All note areas of a file together.
constexpr uint64_t kMaxNoteBytes = 4 << 20;
constexpr uint32_t kMaxBuildId = 64;
constexpr uint64_t kMaxDebugLink = 4096;

constexpr uint8_t kNativeOrder = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? ELFDATA2LSB : ELFDATA2MSB;

std::string hexadecimal(const uint8_t* bytes, size_t length) {
  static const char digits[] = "0123456789abcdef";
  std::string text;
  for (size_t i = 0; i < length; i++) {
    text += digits[bytes[i] >> 4];
    text += digits[bytes[i] & 15];
  }
  return text;
}

uint64_t round_up(uint64_t value, uint64_t alignment) { return (value + alignment - 1) & ~(alignment - 1); }

}  // namespace

ElfFile::ElfFile(std::unique_ptr<ByteSource> source, std::string name, Accepts accepts)
    : accepts_(accepts), source_(std::move(source)), name_(std::move(name)) {
  read_headers();
  find_build_id();
}

void ElfFile::malformed(const std::string& what) const {
  throw ObjectError("EMALFORMED", name_ + " is damaged: " + what + ".");
}

bool ElfFile::has(uint64_t offset, uint64_t length) const {
  return offset <= source_->size() && length <= source_->size() - offset;
}

void ElfFile::read_headers() {
  Elf64_Ehdr header;
  unsigned char* ident = header.e_ident;
  if (!has(0, EI_NIDENT)) throw ObjectError("ENOTELF", name_ + " is not an ELF file: it is too short.");
  source_->read(0, ident, EI_NIDENT);
  if (std::memcmp(ident, ELFMAG, SELFMAG) != 0) throw ObjectError("ENOTELF", name_ + " is not an ELF file.");
  if (ident[EI_CLASS] == ELFCLASS32) {
    throw ObjectError("ENOTELF", name_ + " is a 32-bit program; only 64-bit ones can be read.");
  }
  if (ident[EI_CLASS] != ELFCLASS64) malformed("its class is unknown");
  if (ident[EI_DATA] != kNativeOrder) {
    if (ident[EI_DATA] != ELFDATA2LSB && ident[EI_DATA] != ELFDATA2MSB) malformed("its byte order is unknown");
    throw ObjectError("ENOTELF", name_ + " was built for a machine with the other byte order.");
  }
  if (ident[EI_VERSION] != EV_CURRENT) malformed("its ELF version is unknown");
  if (!has(0, sizeof header)) malformed("it ends within its header");
  source_->read(0, &header, sizeof header);
  if (accepts_ == kLoadable && header.e_type != ET_EXEC && header.e_type != ET_DYN) {
    throw ObjectError("ENOTELF", name_ + " is neither a program nor a shared library.");
  }
  machine_ = header.e_machine;
  entry_ = header.e_entry;
  read_section_headers(header);
  read_program_headers(header);
}

void ElfFile::read_section_headers(const Elf64_Ehdr& header) {
  if (header.e_shoff == 0) return;
  if (header.e_shentsize != sizeof(Elf64_Shdr)) malformed("its section headers have an unknown size");
  // Section 0 holds the counts that do not fit the header.
  Elf64_Shdr first;
  if (!has(header.e_shoff, sizeof first)) malformed("its section headers lie outside the file");
  source_->read(header.e_shoff, &first, sizeof first);
  uint64_t count = header.e_shnum != 0 ? header.e_shnum : first.sh_size;
  if (count > kMaxSections) malformed("it claims to have too many sections");
  if (!has(header.e_shoff, count * sizeof first)) malformed("its section headers lie outside the file");
  sections_.resize(count);
  if (count > 0) source_->read(header.e_shoff, sections_.data(), count * sizeof first);
  names_section_ = header.e_shstrndx == SHN_XINDEX ? first.sh_link : header.e_shstrndx;
}

void ElfFile::read_program_headers(const Elf64_Ehdr& header) {
  if (header.e_phoff == 0 || header.e_phnum == 0) return;
  if (header.e_phentsize != sizeof(Elf64_Phdr)) malformed("its program headers have an unknown size");
  uint64_t count = header.e_phnum;
  if (count == PN_XNUM && !sections_.empty()) count = sections_[0].sh_info;
  if (count > kMaxProgramHeaders) malformed("it claims to have too many program headers");
  std::vector<Elf64_Phdr> headers(count);
  if (!has(header.e_phoff, count * sizeof(Elf64_Phdr))) malformed("its program headers lie outside the file");
  if (count > 0) source_->read(header.e_phoff, headers.data(), count * sizeof(Elf64_Phdr));
  for (const Elf64_Phdr& segment : headers) {
    if (segment.p_type == PT_LOAD && segment.p_vaddr <= UINT64_MAX - segment.p_filesz) loads_.push_back(segment);
    if (segment.p_type == PT_NOTE) notes_.push_back(segment);
    if (segment.p_type == PT_GNU_EH_FRAME) frame_index_ = segment.p_vaddr;
  }
  // Neighbours may share a page of the file; code is what is asked for.
  std::stable_partition(loads_.begin(), loads_.end(), [](const Elf64_Phdr& load) { return load.p_flags & PF_X; });
}

std::optional<uint64_t> ElfFile::address_of(uint64_t file_offset) const {
  for (const Elf64_Phdr& load : loads_) {
    if (file_offset >= load.p_offset && file_offset - load.p_offset < load.p_filesz) {
      return load.p_vaddr + (file_offset - load.p_offset);
    }
  }
  return std::nullopt;
}

std::optional<LoadedBytes> ElfFile::loaded_bytes(uint64_t address) const {
  for (const Elf64_Phdr& load : loads_) {
    if (address < load.p_vaddr || address - load.p_vaddr >= load.p_filesz || !has(load.p_offset, load.p_filesz)) continue;
    uint64_t within = address - load.p_vaddr;
    return LoadedBytes{load.p_offset + within, address, load.p_filesz - within};
  }
  return std::nullopt;
}

const Elf64_Shdr* ElfFile::loaded_section(const char* name) const {
  for (const Elf64_Shdr& section : sections_) {
    if (section.sh_flags & SHF_ALLOC && section.sh_type != SHT_NOBITS && section_name(section) == name) return &section;
  }
  return nullptr;
}

std::optional<LoadedBytes> ElfFile::frame_index() const {
  return frame_index_ == 0 ? std::nullopt : loaded_bytes(frame_index_);
}

void ElfFile::expect_build_id(const std::string& expected) const {
  if (expected.empty() || build_id_ == expected) return;
  throw ObjectError("EBUILDID", name_ + " is another version than the one that ran: its build id is " +
                                    (build_id_.empty() ? "missing" : build_id_) + ", not " + expected + ".");
}

bool ElfFile::is_code(uint64_t address) const {
  for (const Elf64_Phdr& load : loads_) {
    if ((load.p_flags & PF_X) && address >= load.p_vaddr && address - load.p_vaddr < load.p_memsz) return true;
  }
  return false;
}

const Elf64_Shdr* ElfFile::section_of_type(uint32_t type) const {
  for (const Elf64_Shdr& section : sections_) {
    if (section.sh_type == type && section.sh_size > 0) return &section;
  }
  return nullptr;
}

void ElfFile::check_section(const Elf64_Shdr& section) const {
  if (section.sh_type == SHT_NOBITS) malformed("a section it needs has no bytes in the file");
  if (section.sh_flags & SHF_COMPRESSED) malformed("its symbols are compressed, which is not supported");
  if (!has(section.sh_offset, section.sh_size)) malformed("a section lies outside the file");
}

void ElfFile::read_section(const Elf64_Shdr& section, uint64_t offset, void* into, size_t length) const {
  check_section(section);
  read_stored(section, offset, into, length);
}

void ElfFile::read_stored(const Elf64_Shdr& section, uint64_t offset, void* into, size_t length) const {
  if (!has(section.sh_offset, section.sh_size)) malformed("a section lies outside the file");
  if (offset > section.sh_size || length > section.sh_size - offset) malformed("a section is too short");
  if (length > 0) source_->read(section.sh_offset + offset, into, length);
}

const Elf64_Shdr* ElfFile::section_named(const char* name) const {
  for (const Elf64_Shdr& section : sections_) {
    bool bytes = section.sh_type == SHT_PROGBITS && section.sh_size > 0 && !(section.sh_flags & SHF_ALLOC);
    if (bytes && section_name(section) == name) return &section;
  }
  return nullptr;
}

std::string ElfFile::section_name(const Elf64_Shdr& section) const {
  if (names_section_ >= sections_.size()) return "";
  const Elf64_Shdr& names = sections_[names_section_];
  if (names.sh_type != SHT_STRTAB || section.sh_name >= names.sh_size) return "";
  // The longest name that is looked for is .gnu_debuglink.
  char text[32] = {0};
  read_section(names, section.sh_name, text, std::min<uint64_t>(sizeof text - 1, names.sh_size - section.sh_name));
  return text;
}

std::vector<char> ElfFile::read_link(const char* name) const {
  const Elf64_Shdr* section = section_named(name);
  if (!section || section->sh_size > kMaxDebugLink) return {};
  std::vector<char> bytes(section->sh_size);
  read_section(*section, 0, bytes.data(), bytes.size());
  return bytes;
}

std::optional<DebugLink> ElfFile::debug_link() const {
  // The file's name, padded with zeros to four bytes, then the CRC-32 of the whole debug file.
  std::vector<char> bytes = read_link(".gnu_debuglink");
  if (bytes.empty()) return std::nullopt;
  size_t length = strnlen(bytes.data(), bytes.size());
  size_t crc_at = round_up(length + 1, 4);
  if (length == 0 || crc_at + 4 > bytes.size()) malformed("its .gnu_debuglink is too short");
  DebugLink link{std::string(bytes.data(), length), 0};
  std::memcpy(&link.crc, bytes.data() + crc_at, 4);
  // A name only: it must not lead into other folders.
  if (link.name.find('/') != std::string::npos || link.name == "." || link.name == "..") {
    malformed("its .gnu_debuglink is not a file name");
  }
  return link;
}

std::optional<AlternateLink> ElfFile::alternate_link() const {
  // The path, a zero byte, and the build id.
  std::vector<char> bytes = read_link(".gnu_debugaltlink");
  if (bytes.empty()) return std::nullopt;
  size_t length = strnlen(bytes.data(), bytes.size());
  if (length == 0 || length + 1 >= bytes.size() || bytes.size() - length - 1 > kMaxBuildId) {
    malformed("its .gnu_debugaltlink is too short");
  }
  const auto* id = reinterpret_cast<const uint8_t*>(bytes.data() + length + 1);
  return AlternateLink{std::string(bytes.data(), length), hexadecimal(id, bytes.size() - length - 1)};
}

void ElfFile::find_build_id() {
  uint64_t budget = kMaxNoteBytes;
  // Sections first: in a separate debug file only their offsets hold.
  for (const Elf64_Shdr& section : sections_) {
    if (section.sh_type == SHT_NOTE && build_id_in(section.sh_offset, section.sh_size, section.sh_addralign, &budget)) {
      return;
    }
  }
  for (const Elf64_Phdr& segment : notes_) {
    if (build_id_in(segment.p_offset, segment.p_filesz, segment.p_align, &budget)) return;
  }
}

bool ElfFile::build_id_in(uint64_t offset, uint64_t length, uint64_t alignment, uint64_t* budget) {
  // What cannot be notes is passed over: a file with damaged notes just has no build id.
  if (length > *budget || !has(offset, length)) return false;
  *budget -= length;
  std::vector<uint8_t> bytes(length);
  if (length > 0) source_->read(offset, bytes.data(), length);
  uint64_t align = alignment == 8 ? 8 : 4;
  uint64_t at = 0;
  while (at < length && length - at >= sizeof(Elf64_Nhdr)) {
    Elf64_Nhdr note;
    std::memcpy(&note, &bytes[at], sizeof note);
    uint64_t name_at = at + sizeof note;
    uint64_t description_at = round_up(name_at + note.n_namesz, align);
    if (description_at > length || note.n_descsz > length - description_at) return false;
    if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 && std::memcmp(&bytes[name_at], "GNU", 4) == 0 &&
        note.n_descsz > 0 && note.n_descsz <= kMaxBuildId) {
      build_id_ = hexadecimal(&bytes[description_at], note.n_descsz);
      return true;
    }
    at = round_up(description_at + note.n_descsz, align);
  }
  return false;
}

}  // namespace emberscope

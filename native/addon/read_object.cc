/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reader without Node, for sanitizers:
 *   read-object [--mutate SEED COUNT] FILE...
 *   read-object --other SEED COUNT OTHER FILE: damages OTHER, in its place, and reads FILE, which leads to it.
 * opens each file, names and locates offsets all over it, and with --mutate does so for COUNT damaged copies.
 */
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "find_symbols.h"
#include "object_error.h"
#include "opened_object.h"

using emberscope::ByteSource;
using emberscope::ObjectError;
using emberscope::OpenedObject;

namespace {

uint64_t state;

uint64_t random_number() {  // xorshift64*
  state ^= state >> 12;
  state ^= state << 25;
  state ^= state >> 27;
  return state * 0x2545f4914f6cdd1dull;
}

std::vector<Elf64_Shdr> sections_of(const std::vector<uint8_t>& bytes) {
  Elf64_Ehdr header;
  std::memcpy(&header, bytes.data(), sizeof header);
  std::vector<Elf64_Shdr> sections;
  for (size_t i = 0; i < header.e_shnum; i++) {
    size_t at = header.e_shoff + i * sizeof(Elf64_Shdr);
    if (at > bytes.size() || bytes.size() - at < sizeof(Elf64_Shdr)) break;
    std::memcpy(&sections.emplace_back(), &bytes[at], sizeof(Elf64_Shdr));
  }
  return sections;
}

/** A byte of a section that is not loaded: of debug information, if the object has any. */
size_t place_in_debug(const std::vector<uint8_t>& bytes) {
  size_t found = 0;
  size_t place = random_number() % bytes.size();
  for (const Elf64_Shdr& section : sections_of(bytes)) {
    if (section.sh_type != SHT_PROGBITS || (section.sh_flags & SHF_ALLOC) || section.sh_size == 0) continue;
    if (random_number() % ++found == 0) place = (section.sh_offset + random_number() % section.sh_size) % bytes.size();
  }
  return place;
}

/** Where damage tells most: the ELF header and the tables it leads to, and debug information. */
size_t place(const std::vector<uint8_t>& bytes) {
  Elf64_Ehdr header;
  std::memcpy(&header, bytes.data(), sizeof header);
  uint64_t sections = header.e_shoff + random_number() % (64 * sizeof(Elf64_Shdr));
  switch (random_number() % 8) {
    case 0:
      return random_number() % sizeof header;
    case 1:
      return (sizeof header + random_number() % (16 * sizeof(Elf64_Phdr))) % bytes.size();
    case 2:
      return sections % bytes.size();
    case 3:
      return random_number() % bytes.size();
    default:
      return place_in_debug(bytes);
  }
}

std::vector<uint8_t> damaged(std::vector<uint8_t> bytes) {
  static const uint8_t values[] = {0, 1, 0x7f, 0x80, 0xff};
  size_t changes = 1 + random_number() % 12;
  for (size_t i = 0; i < changes; i++) {
    uint64_t kind = random_number();
    bytes[place(bytes)] = kind & 1 ? values[kind / 2 % sizeof values] : static_cast<uint8_t>(kind >> 8);
  }
  if (random_number() % 8 == 0) bytes.resize(random_number() % bytes.size());
  return bytes;
}

/** All over the file, and closely where there is code. */
std::vector<double> offsets_in(const std::vector<uint8_t>& bytes) {
  std::vector<double> offsets;
  for (size_t i = 0; i < 64; i++) offsets.push_back(static_cast<double>(i * bytes.size() / 64));
  if (bytes.size() < sizeof(Elf64_Ehdr)) return offsets;
  for (const Elf64_Shdr& section : sections_of(bytes)) {
    if (!(section.sh_flags & SHF_EXECINSTR)) continue;
    for (size_t i = 0; i < 128; i++) offsets.push_back(static_cast<double>(section.sh_offset + i * section.sh_size / 128));
  }
  return offsets;
}

/** Opens and asks; false: refused. `located`: something was known of a line. */
template <class Open>
bool ask(Open open, const std::vector<double>& offsets, uint64_t* located) {
  try {
    auto object = open();
    object->symbolize(offsets);
    if (!object->locate(offsets).line.empty()) (*located)++;
    emberscope::find_symbols(object->file(), "", {"main", "_PyRuntime", ""});
    return true;
  } catch (const ObjectError&) {
    return false;
  }
}

std::vector<uint8_t> contents(const char* path) {
  auto source = ByteSource::open_file(path);
  std::vector<uint8_t> bytes(source->size());
  source->read(0, bytes.data(), bytes.size());
  return bytes;
}

void replace(const char* path, const std::vector<uint8_t>& bytes) {
  std::FILE* file = std::fopen(path, "wb");
  if (!file || std::fwrite(bytes.data(), 1, bytes.size(), file) != bytes.size() || std::fclose(file) != 0) {
    std::perror(path);
    std::exit(1);
  }
}

}  // namespace

int main(int count, char** arguments) try {
  int first = 1;
  uint64_t mutations = 0;
  const char* other = nullptr;
  if (count > 4 && arguments[1][0] == '-') {
    state = std::strtoull(arguments[2], nullptr, 10) | 1;
    mutations = std::strtoull(arguments[3], nullptr, 10);
    first = 4;
    if (std::strcmp(arguments[1], "--other") == 0) other = arguments[first++];
  }
  uint64_t opened = 0, refused = 0, located = 0;
  for (int i = first; i < count; i++) {
    const char* path = arguments[i];
    std::vector<uint8_t> bytes = contents(path);
    std::vector<double> offsets = offsets_in(bytes);
    auto from_file = [path] { return OpenedObject::open_file(path, "", {}); };
    ask(from_file, offsets, &located) ? opened++ : refused++;
    if (bytes.size() < sizeof(Elf64_Ehdr)) continue;
    std::vector<uint8_t> whole = other ? contents(other) : bytes;
    for (uint64_t m = 0; m < mutations; m++) {
      std::vector<uint8_t> copy = damaged(whole);
      if (other) replace(other, copy);
      bool fine = other ? ask(from_file, offsets, &located)
                        : ask([&copy] { return OpenedObject::open_image(std::move(copy), ""); }, offsets, &located);
      fine ? opened++ : refused++;
    }
  }
  std::printf("%llu opened, %llu refused, %llu with lines\n", static_cast<unsigned long long>(opened),
              static_cast<unsigned long long>(refused), static_cast<unsigned long long>(located));
  return 0;
} catch (const ObjectError& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}

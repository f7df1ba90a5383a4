/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reader without Node, for sanitizers:
 *   read-object [--mutate SEED COUNT] FILE...
 * opens each file, names offsets all over it, and with --mutate does so for COUNT damaged copies.
 */
#include <cstdio>
#include <cstdlib>
#include <cstring>

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

/** Where damage tells most: the ELF header and the tables it leads to. */
size_t place(const std::vector<uint8_t>& bytes) {
  Elf64_Ehdr header;
  std::memcpy(&header, bytes.data(), sizeof header);
  uint64_t sections = header.e_shoff + random_number() % (64 * sizeof(Elf64_Shdr));
  switch (random_number() % 4) {
    case 0:
      return random_number() % sizeof header;
    case 1:
      return (sizeof header + random_number() % (16 * sizeof(Elf64_Phdr))) % bytes.size();
    case 2:
      return sections % bytes.size();
    default:
      return random_number() % bytes.size();
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

bool read_all(std::vector<uint8_t> bytes) {
  size_t size = bytes.size();
  try {
    auto object = OpenedObject::open_image(std::move(bytes), "");
    std::vector<double> offsets;
    for (size_t i = 0; i < 512; i++) offsets.push_back(static_cast<double>(i * size / 512));
    object->symbolize(offsets);
    return true;
  } catch (const ObjectError&) {
    return false;
  }
}

}  // namespace

int main(int count, char** arguments) {
  int first = 1;
  uint64_t mutations = 0;
  if (count > 3 && std::strcmp(arguments[1], "--mutate") == 0) {
    state = std::strtoull(arguments[2], nullptr, 10) | 1;
    mutations = std::strtoull(arguments[3], nullptr, 10);
    first = 4;
  }
  uint64_t opened = 0, refused = 0;
  for (int i = first; i < count; i++) {
    std::vector<uint8_t> bytes;
    try {
      auto source = ByteSource::open_file(arguments[i]);
      bytes.resize(source->size());
      source->read(0, bytes.data(), bytes.size());
    } catch (const ObjectError& error) {
      std::fprintf(stderr, "%s\n", error.what());
      return 1;
    }
    read_all(bytes) ? opened++ : refused++;
    if (bytes.size() < sizeof(Elf64_Ehdr)) continue;
    for (uint64_t m = 0; m < mutations; m++) read_all(damaged(bytes)) ? opened++ : refused++;
  }
  std::printf("%llu opened, %llu refused\n", static_cast<unsigned long long>(opened),
              static_cast<unsigned long long>(refused));
}

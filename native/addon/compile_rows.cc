/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The compiler of unwind rows without Node, for sanitizers:
 *   compile-rows [--mutate SEED SECONDS] FILE...
 * compiles each file and checks the rows, and with --mutate does so for damaged copies for that long. An input that
 * fails is left in ./failed-input.
 */
#include <sanitizer/common_interface_defs.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "object_error.h"
#include "unwind_rows.h"

using emberscope::ByteSource;
using emberscope::ElfFile;
using emberscope::ObjectError;
using emberscope::unwind_row;
using emberscope::UnwindRows;

namespace {

using Clock = std::chrono::steady_clock;

// Far more than a small file takes under sanitizers.
constexpr std::chrono::seconds kLongest{10};

uint64_t state;
/** What is being compiled. */
const std::vector<uint8_t>* input;

uint64_t random_number() {  // xorshift64*
  state ^= state >> 12;
  state ^= state << 25;
  state ^= state >> 27;
  return state * 0x2545f4914f6cdd1dull;
}

void keep_input() {
  std::FILE* file = input ? std::fopen("failed-input", "wb") : nullptr;
  if (!file) return;
  std::fwrite(input->data(), 1, input->size(), file);
  std::fclose(file);
}

void check(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "%s\n", what);
  keep_input();
  std::abort();
}

void check_rows(const UnwindRows& compiled) {
  const std::vector<unwind_row>& rows = compiled.rows;
  for (size_t i = 0; i < rows.size(); i++) {
    check(rows[i].rule < emberscope::UNWIND_RULES, "a rule that is none");
    check(i == 0 || rows[i].at > rows[i - 1].at, "rows that do not ascend");
    check(i == 0 || std::memcmp(&rows[i].cfa, &rows[i - 1].cfa, 4) != 0, "rows that say the same");
  }
  check(rows.empty() || rows.back().rule == emberscope::UNWIND_NONE, "a last row that reaches to the end of the world");
  check(compiled.refused <= compiled.functions, "more refused than there are");
  check(compiled.unknown <= rows.size(), "more unknown than there are");
}

/** Says whether there are rows. */
bool compile(const std::vector<uint8_t>& bytes, uint64_t* refused) {
  input = &bytes;
  Clock::time_point began = Clock::now();
  bool any = false;
  try {
    UnwindRows compiled = compile_unwind_rows(ElfFile(ByteSource::from_memory(bytes), "The image"), "");
    check_rows(compiled);
    any = !compiled.rows.empty();
  } catch (const ObjectError&) {
    (*refused)++;
  }
  check(Clock::now() - began < kLongest, "too long");
  input = nullptr;
  return any;
}

struct Seed {
  std::vector<uint8_t> bytes;
  uint64_t frames = 0;
  uint64_t frames_size = 0;
};

Seed read_seed(const char* path) {
  Seed seed;
  auto source = ByteSource::open_file(path);
  seed.bytes.resize(source->size());
  if (!seed.bytes.empty()) source->read(0, seed.bytes.data(), seed.bytes.size());
  try {
    ElfFile file(std::move(source), path);
    if (const Elf64_Shdr* section = file.loaded_section(".eh_frame")) {
      file.check_section(*section);
      seed.frames = section->sh_offset;
      seed.frames_size = section->sh_size;
    }
  } catch (const ObjectError&) {
    // What is refused as it is may be read when it was damaged.
  }
  return seed;
}

/** Mostly in .eh_frame; else in the headers, or anywhere. */
size_t place(const Seed& seed) {
  uint64_t kind = random_number() % 16;
  if (kind < 12 && seed.frames_size > 0) return seed.frames + random_number() % seed.frames_size;
  size_t headers = sizeof(Elf64_Ehdr) + 8 * sizeof(Elf64_Phdr);
  return random_number() % (kind < 14 ? std::min(headers, seed.bytes.size()) : seed.bytes.size());
}

std::vector<uint8_t> damaged(const Seed& seed) {
  static const uint8_t values[] = {0, 1, 4, 0x0b, 0x0f, 0x10, 0x7f, 0x80, 0xff};
  std::vector<uint8_t> bytes = seed.bytes;
  for (uint64_t left = 1 + random_number() % 10; left > 0; left--) {
    size_t at = place(seed);
    uint64_t kind = random_number();
    if (kind % 4 == 0) {
      // A piece of another place.
      size_t from = place(seed);
      size_t length = std::min<size_t>(1 + kind / 4 % 32, bytes.size() - std::max(at, from));
      std::memmove(&bytes[at], &bytes[from], length);
    } else {
      bytes[at] = kind % 4 == 1 ? static_cast<uint8_t>(kind >> 8) : values[kind / 4 % sizeof values];
    }
  }
  if (random_number() % 16 == 0) bytes.resize(random_number() % bytes.size());
  return bytes;
}

}  // namespace

int main(int count, char** arguments) {
  int first = 1;
  Clock::time_point end = Clock::now();
  if (count > 3 && std::strcmp(arguments[1], "--mutate") == 0) {
    state = std::strtoull(arguments[2], nullptr, 10) | 1;
    end += std::chrono::seconds(std::strtoull(arguments[3], nullptr, 10));
    first = 4;
  }
  __sanitizer_set_death_callback(keep_input);
  uint64_t compiled = 0, with_rows = 0, refused = 0;
  std::vector<Seed> seeds;
  for (int i = first; i < count; i++) {
    try {
      seeds.push_back(read_seed(arguments[i]));
    } catch (const ObjectError& error) {
      std::fprintf(stderr, "%s\n", error.what());
      return 1;
    }
    compiled++;
    with_rows += compile(seeds.back().bytes, &refused);
  }
  while (!seeds.empty() && Clock::now() < end) {
    const Seed& seed = seeds[random_number() % seeds.size()];
    if (seed.bytes.empty()) continue;
    compiled++;
    with_rows += compile(damaged(seed), &refused);
  }
  std::printf("%llu compiled: %llu with rows, %llu refused\n", static_cast<unsigned long long>(compiled),
              static_cast<unsigned long long>(with_rows), static_cast<unsigned long long>(refused));
}

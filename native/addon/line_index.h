/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Addresses of one object to source lines and inlined functions. Units are indexed when an address falls into them,
 * kept up to a bound for all objects together, and made again when they are needed again; so is the debug information.
 */
#ifndef EMBERSCOPE_LINE_INDEX_H
#define EMBERSCOPE_LINE_INDEX_H

#include <map>
#include <mutex>

#include "split_units.h"
#include "unit_index.h"

namespace emberscope {

/** See `Places` in addon.d.ts. */
struct Places {
  std::vector<uint32_t> first;
  std::vector<int32_t> name;
  std::vector<int32_t> file;
  std::vector<uint32_t> line;
  std::vector<int32_t> declared_file;
  std::vector<uint32_t> declared_line;
  std::vector<std::string> names;
  std::vector<std::string> files;
};

class LineIndex {
 public:
  /**
   * Reads nothing yet. Both files must outlive it.
   * @param object whose code it is, opened by `path` (empty: from memory); @param debug has its debug information
   */
  LineIndex(const ElfFile& object, const ElfFile& debug, std::string path, std::vector<std::string> debug_folders);
  ~LineIndex();

  /** @param addresses kNowhere: of no code. @throws ObjectError EMALFORMED, EIO */
  Places locate(const std::vector<uint64_t>& addresses);

  /** Frees the debug information of all objects; indexed units stay. */
  static void forget();

 private:
  struct Loaded;
  /** Debug information as long as one question needs it. */
  class Question;

  std::shared_ptr<const UnitIndex> unit_index(uint32_t unit, Question* question) const;
  void find_units(Question* question);

  const ElfFile& object_;
  const ElfFile& debug_;
  const std::string path_;
  const std::vector<std::string> debug_folders_;
  /** Key in the caches. */
  const uint64_t id_;
  std::mutex mutex_;
  bool units_known_ = false;
  /** Address -> unit, by its place among the units. */
  IntervalMap units_;
};

}  // namespace emberscope

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EMBERSCOPE_OBJECT_ERROR_H
#define EMBERSCOPE_OBJECT_ERROR_H

#include <stdexcept>
#include <string>

namespace emberscope {

/** Why an object cannot be read: one of the codes of addon.d.ts and a sentence for people. */
class ObjectError : public std::runtime_error {
 public:
  ObjectError(const char* code, const std::string& sentence) : std::runtime_error(sentence), code_(code) {}
  const char* code() const { return code_; }

 private:
  const char* code_;
};

}  // namespace emberscope

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#include "demangle.h"

// Or its header declares its own basename.
#define HAVE_DECL_BASENAME 1
#include <libiberty/demangle.h>
#include <pthread.h>

#include <cstring>
#include <new>

namespace emberscope {
namespace {

// libiberty recurses for each level of nesting, and keeps 72 bytes a character on the stack. Names up to this
// length fit any thread's stack; it refuses longer ones by itself unless told not to.
constexpr size_t kPlainLength = 1000;
// Enough for kMaxDemangled characters that each open a level; touched only as far as a name needs.
constexpr size_t kDeepStack = 256 << 20;

struct TooLong {};

void collect(const char* text, size_t length, void* opaque) {
  auto* collected = static_cast<std::string*>(opaque);
  // Substitutions can make 300 characters stand for gigabytes. The only way to stop the demangler is to leave it.
  if (collected->size() + length > kMaxDemangled) throw TooLong();
  collected->append(text, length);
}

struct Request {
  const char* mangled;
  int options;
  bool rust;
  std::string result;
  bool done;
};

void run(Request* request) {
  try {
    request->done = request->rust ? rust_demangle_callback(request->mangled, request->options, collect, &request->result)
                                  : cplus_demangle_v3_callback(request->mangled, request->options, collect,
                                                               &request->result);
  } catch (const TooLong&) {
    request->done = false;
  } catch (const std::bad_alloc&) {
    request->done = false;
  }
}

void* run_thread(void* request) {
  run(static_cast<Request*>(request));
  return nullptr;
}

void run_deep(Request* request) {
  request->options |= DMGL_NO_RECURSE_LIMIT;
  pthread_attr_t attributes;
  if (pthread_attr_init(&attributes) != 0) return;
  pthread_t thread;
  if (pthread_attr_setstacksize(&attributes, kDeepStack) == 0 &&
      pthread_create(&thread, &attributes, run_thread, request) == 0) {
    pthread_join(thread, nullptr);
  }
  pthread_attr_destroy(&attributes);
}

}  // namespace

std::string demangle(std::string mangled) {
  size_t version = mangled.find('@');
  if (version != std::string::npos && version > 0) mangled.resize(version);
  bool rust_v0 = mangled.compare(0, 2, "_R") == 0;
  bool itanium = mangled.compare(0, 2, "_Z") == 0 || mangled.compare(0, 4, "___Z") == 0;
  if ((!rust_v0 && !itanium) || mangled.size() > kMaxDemangled) return mangled;

  // Rust's older scheme looks like C++; libiberty knows it by its hash.
  Request request{mangled.c_str(), DMGL_NO_OPTS, true, "", false};
  run(&request);
  if (!request.done && itanium) {
    request = {mangled.c_str(), DMGL_NO_OPTS, false, "", false};
    if (mangled.size() <= kPlainLength) {
      run(&request);
    } else {
      run_deep(&request);
    }
  }
  return request.done && !request.result.empty() ? std::move(request.result) : mangled;
}

}  // namespace emberscope

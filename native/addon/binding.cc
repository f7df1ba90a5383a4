/* SPDX-License-Identifier: Apache-2.0 */
/* The functions that JavaScript calls: it checks and copies their arguments; see addon.d.ts for what they mean. */
#include <napi.h>

#include <cmath>
#include <string>
#include <vector>

#include "demangle.h"
#include "promise_workers.h"

namespace {

using emberscope::FindWorker;
using emberscope::LocateWorker;
using emberscope::OpenWorker;
using emberscope::Registry;
using emberscope::SymbolizeWorker;
using emberscope::UnwindWorker;

[[noreturn]] void wrong(const Napi::CallbackInfo& info, const char* sentence) {
  throw Napi::TypeError::New(info.Env(), sentence);
}

std::string text_argument(const Napi::CallbackInfo& info, size_t index, const char* sentence) {
  if (!info[index].IsString()) wrong(info, sentence);
  return info[index].As<Napi::String>().Utf8Value();
}

/** A path that can be opened. */
std::string path_argument(const Napi::CallbackInfo& info, const char* sentence) {
  std::string path = text_argument(info, 0, sentence);
  if (path.empty() || path.find('\0') != std::string::npos) wrong(info, "A path is not empty and has no zero byte.");
  return path;
}

std::vector<std::string> texts_argument(const Napi::CallbackInfo& info, size_t index, const char* sentence) {
  if (!info[index].IsArray()) wrong(info, sentence);
  Napi::Array list = info[index].As<Napi::Array>();
  std::vector<std::string> texts;
  for (uint32_t i = 0; i < list.Length(); i++) {
    Napi::Value text = list.Get(i);
    if (!text.IsString()) wrong(info, sentence);
    texts.push_back(text.As<Napi::String>().Utf8Value());
  }
  return texts;
}

std::vector<uint8_t> image_argument(const Napi::CallbackInfo& info, const char* sentence) {
  if (!info[0].IsTypedArray() || info[0].As<Napi::TypedArray>().TypedArrayType() != napi_uint8_array) wrong(info, sentence);
  Napi::Uint8Array image = info[0].As<Napi::Uint8Array>();
  return {image.Data(), image.Data() + image.ElementLength()};
}

Napi::Value open_object(const Napi::CallbackInfo& info) {
  const char* usage = "openObject takes a path, a build id and an array of folders.";
  std::string path = path_argument(info, usage);
  std::string build_id = text_argument(info, 1, usage);
  std::vector<std::string> folders = texts_argument(info, 2, usage);
  auto* worker = new OpenWorker(info.Env());
  worker->path = std::move(path);
  worker->expected_build_id = std::move(build_id);
  worker->debug_folders = std::move(folders);
  worker->Queue();
  return worker->promise();
}

Napi::Value open_image(const Napi::CallbackInfo& info) {
  const char* usage = "openImage takes a Uint8Array and a build id.";
  std::vector<uint8_t> image = image_argument(info, usage);
  std::string build_id = text_argument(info, 1, usage);
  auto* worker = new OpenWorker(info.Env());
  worker->image = std::move(image);
  worker->expected_build_id = std::move(build_id);
  worker->Queue();
  return worker->promise();
}

Napi::Value compile_rows(const Napi::CallbackInfo& info) {
  const char* usage = "compileUnwindRows takes a path and a build id.";
  std::string path = path_argument(info, usage);
  std::string build_id = text_argument(info, 1, usage);
  auto* worker = new UnwindWorker(info.Env());
  worker->path = std::move(path);
  worker->expected_build_id = std::move(build_id);
  worker->Queue();
  return worker->promise();
}

Napi::Value find_symbols(const Napi::CallbackInfo& info) {
  const char* usage = "findSymbols takes a path, a build id and an array of names.";
  std::string path = path_argument(info, usage);
  std::string build_id = text_argument(info, 1, usage);
  std::vector<std::string> names = texts_argument(info, 2, usage);
  auto* worker = new FindWorker(info.Env());
  worker->path = std::move(path);
  worker->expected_build_id = std::move(build_id);
  worker->names = std::move(names);
  worker->Queue();
  return worker->promise();
}

Napi::Value compile_rows_of_image(const Napi::CallbackInfo& info) {
  const char* usage = "compileUnwindRowsOfImage takes a Uint8Array and a build id.";
  std::vector<uint8_t> image = image_argument(info, usage);
  std::string build_id = text_argument(info, 1, usage);
  auto* worker = new UnwindWorker(info.Env());
  worker->image = std::move(image);
  worker->expected_build_id = std::move(build_id);
  worker->Queue();
  return worker->promise();
}

/** 0 is never given to an object. */
uint32_t handle_argument(const Napi::CallbackInfo& info) {
  if (!info[0].IsNumber()) wrong(info, "The first argument is the handle of an open object.");
  double handle = info[0].As<Napi::Number>().DoubleValue();
  return handle >= 1 && handle <= UINT32_MAX && handle == std::floor(handle) ? static_cast<uint32_t>(handle) : 0;
}

/** symbolize and locate: an open object and file offsets. */
template <class Worker>
Napi::Value ask(const Napi::CallbackInfo& info, const char* what) {
  auto& objects = info.Env().GetInstanceData<Registry>()->objects;
  auto entry = objects.find(handle_argument(info));
  if (entry == objects.end()) wrong(info, (std::string(what) + " was given a handle that is not open.").c_str());
  if (!info[1].IsTypedArray() || info[1].As<Napi::TypedArray>().TypedArrayType() != napi_float64_array) {
    wrong(info, (std::string(what) + " takes its file offsets as a Float64Array.").c_str());
  }
  auto* worker = new Worker(info.Env(), entry->second, info[1].As<Napi::Float64Array>());
  worker->Queue();
  return worker->promise();
}

Napi::Value symbolize(const Napi::CallbackInfo& info) { return ask<SymbolizeWorker>(info, "symbolize"); }

Napi::Value locate(const Napi::CallbackInfo& info) { return ask<LocateWorker>(info, "locate"); }

void forget_debug_info(const Napi::CallbackInfo&) { emberscope::LineIndex::forget(); }

void close_object(const Napi::CallbackInfo& info) {
  info.Env().GetInstanceData<Registry>()->objects.erase(handle_argument(info));
}

Napi::Value demangle_name(const Napi::CallbackInfo& info) {
  std::string name = text_argument(info, 0, "demangle takes a name.");
  return Napi::String::New(info.Env(), emberscope::demangle(std::move(name)));
}

Napi::Object init(Napi::Env env, Napi::Object exports) {
  env.SetInstanceData(new Registry());
  exports.Set("openObject", Napi::Function::New(env, open_object, "openObject"));
  exports.Set("openImage", Napi::Function::New(env, open_image, "openImage"));
  exports.Set("symbolize", Napi::Function::New(env, symbolize, "symbolize"));
  exports.Set("compileUnwindRows", Napi::Function::New(env, compile_rows, "compileUnwindRows"));
  exports.Set("compileUnwindRowsOfImage",
              Napi::Function::New(env, compile_rows_of_image, "compileUnwindRowsOfImage"));
  exports.Set("findSymbols", Napi::Function::New(env, find_symbols, "findSymbols"));
  exports.Set("locate", Napi::Function::New(env, locate, "locate"));
  exports.Set("forgetDebugInfo", Napi::Function::New(env, forget_debug_info, "forgetDebugInfo"));
  exports.Set("closeObject", Napi::Function::New(env, close_object, "closeObject"));
  exports.Set("demangle", Napi::Function::New(env, demangle_name, "demangle"));
  return exports;
}

}  // namespace

NODE_API_MODULE(emberscope, init)

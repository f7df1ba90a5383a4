/* SPDX-License-Identifier: Apache-2.0 */
/* The only file that knows JavaScript. It checks and copies arguments and results; see addon.d.ts for what they mean. */
#include <napi.h>

#include <cmath>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "demangle.h"
#include "find_symbols.h"
#include "object_error.h"
#include "opened_object.h"
#include "unwind_rows.h"

namespace {

using emberscope::ObjectError;
using emberscope::OpenedObject;
using Object = std::shared_ptr<const OpenedObject>;

/** The open objects of one JavaScript environment. Used on its thread only; workers hold their own references. */
struct Registry {
  std::map<uint32_t, Object> objects;
  uint32_t next = 1;
};

/** A worker whose failures become a rejected promise with a code. */
class PromiseWorker : public Napi::AsyncWorker {
 public:
  explicit PromiseWorker(Napi::Env env)
      : Napi::AsyncWorker(env), deferred_(Napi::Promise::Deferred::New(env)) {}
  Napi::Promise promise() const { return deferred_.Promise(); }

 protected:
  virtual void work() = 0;
  virtual Napi::Value result(Napi::Env env) = 0;

  void Execute() override {
    try {
      work();
    } catch (const ObjectError& error) {
      code_ = error.code();
      SetError(error.what());
    } catch (const std::bad_alloc&) {
      code_ = "EIO";
      SetError("There is not enough memory to read the symbols.");
    } catch (const std::exception& error) {
      code_ = "EIO";
      SetError(error.what());
    }
  }
  void OnOK() override { deferred_.Resolve(result(Env())); }
  void OnError(const Napi::Error& error) override {
    Napi::Object value = error.Value();
    value.Set("code", Napi::String::New(Env(), code_));
    deferred_.Reject(value);
  }

 private:
  Napi::Promise::Deferred deferred_;
  std::string code_ = "EIO";
};

class OpenWorker : public PromiseWorker {
 public:
  explicit OpenWorker(Napi::Env env) : PromiseWorker(env) {}
  std::string path;
  std::string expected_build_id;
  std::vector<std::string> debug_folders;
  std::vector<uint8_t> image;

 protected:
  void work() override {
    object_ = path.empty() ? OpenedObject::open_image(std::move(image), expected_build_id)
                           : OpenedObject::open_file(path, expected_build_id, debug_folders);
  }
  Napi::Value result(Napi::Env env) override {
    auto* registry = env.GetInstanceData<Registry>();
    uint32_t handle = registry->next++;
    registry->objects[handle] = object_;
    Napi::Object opened = Napi::Object::New(env);
    opened.Set("handle", Napi::Number::New(env, handle));
    opened.Set("buildId", Napi::String::New(env, object_->build_id()));
    opened.Set("symbols", Napi::Number::New(env, static_cast<double>(object_->index().size())));
    opened.Set("source", Napi::String::New(env, object_->source()));
    opened.Set("debugInfo", Napi::String::New(env, object_->debug_info()));
    opened.Set("debugFile", Napi::String::New(env, object_->debug_file()));
    opened.Set("bytes", Napi::Number::New(env, static_cast<double>(object_->index().bytes())));
    return opened;
  }

 private:
  Object object_;
};

template <class Array, class T>
Array typed(Napi::Env env, const std::vector<T>& values) {
  Array array = Array::New(env, values.size());
  std::copy(values.begin(), values.end(), array.Data());
  return array;
}

Napi::Array texts(Napi::Env env, const std::vector<std::string>& values) {
  Napi::Array array = Napi::Array::New(env, values.size());
  for (uint32_t i = 0; i < values.size(); i++) array.Set(i, Napi::String::New(env, values[i]));
  return array;
}

class SymbolizeWorker : public PromiseWorker {
 public:
  SymbolizeWorker(Napi::Env env, Object object, const Napi::Float64Array& offsets)
      : PromiseWorker(env), object_(std::move(object)), offsets_(offsets.Data(), offsets.Data() + offsets.ElementLength()) {}

 protected:
  void work() override { found_ = object_->symbolize(offsets_); }
  Napi::Value result(Napi::Env env) override {
    Napi::Object batch = Napi::Object::New(env);
    batch.Set("name", typed<Napi::Int32Array>(env, found_.name));
    batch.Set("names", texts(env, found_.names));
    batch.Set("distance", typed<Napi::Float64Array>(env, found_.distance));
    return batch;
  }

 private:
  Object object_;
  std::vector<double> offsets_;
  OpenedObject::Names found_;
};

class UnwindWorker : public PromiseWorker {
 public:
  explicit UnwindWorker(Napi::Env env) : PromiseWorker(env) {}
  std::string path;
  std::string expected_build_id;
  std::vector<uint8_t> image;

 protected:
  void work() override {
    auto bytes = path.empty() ? emberscope::ByteSource::from_memory(std::move(image)) : emberscope::ByteSource::open_file(path);
    emberscope::ElfFile file(std::move(bytes), path.empty() ? "The image" : path);
    compiled_ = emberscope::compile_unwind_rows(file, expected_build_id);
  }
  Napi::Value result(Napi::Env env) override {
    size_t length = compiled_.rows.size() * sizeof compiled_.rows[0];
    Napi::Uint8Array rows = Napi::Uint8Array::New(env, length);
    if (length > 0) std::memcpy(rows.Data(), compiled_.rows.data(), length);
    Napi::Object compiled = Napi::Object::New(env);
    compiled.Set("rows", rows);
    compiled.Set("buildId", Napi::String::New(env, compiled_.build_id));
    compiled.Set("functions", Napi::Number::New(env, compiled_.functions));
    compiled.Set("refused", Napi::Number::New(env, compiled_.refused));
    compiled.Set("unknown", Napi::Number::New(env, compiled_.unknown));
    return compiled;
  }

 private:
  emberscope::UnwindRows compiled_;
};

class FindWorker : public PromiseWorker {
 public:
  explicit FindWorker(Napi::Env env) : PromiseWorker(env) {}
  std::string path;
  std::string expected_build_id;
  std::vector<std::string> names;

 protected:
  void work() override {
    emberscope::ElfFile file(emberscope::ByteSource::open_file(path), path);
    found_ = emberscope::find_symbols(file, expected_build_id, names);
  }
  Napi::Value result(Napi::Env env) override {
    Napi::Array list = Napi::Array::New(env, found_.size());
    for (uint32_t i = 0; i < found_.size(); i++) {
      if (!found_[i]) {
        list.Set(i, env.Null());
        continue;
      }
      Napi::Object symbol = Napi::Object::New(env);
      symbol.Set("address", Napi::BigInt::New(env, found_[i]->address));
      symbol.Set("size", Napi::BigInt::New(env, found_[i]->size));
      symbol.Set("fileOffset", found_[i]->file_offset ? Napi::BigInt::New(env, *found_[i]->file_offset) : env.Null());
      list.Set(i, symbol);
    }
    return list;
  }

 private:
  std::vector<std::optional<emberscope::FoundSymbol>> found_;
};

class LocateWorker : public PromiseWorker {
 public:
  LocateWorker(Napi::Env env, Object object, const Napi::Float64Array& offsets)
      : PromiseWorker(env), object_(std::move(object)), offsets_(offsets.Data(), offsets.Data() + offsets.ElementLength()) {}

 protected:
  void work() override { found_ = object_->locate(offsets_); }
  Napi::Value result(Napi::Env env) override {
    Napi::Object places = Napi::Object::New(env);
    places.Set("first", typed<Napi::Uint32Array>(env, found_.first));
    places.Set("name", typed<Napi::Int32Array>(env, found_.name));
    places.Set("file", typed<Napi::Int32Array>(env, found_.file));
    places.Set("line", typed<Napi::Uint32Array>(env, found_.line));
    places.Set("declaredFile", typed<Napi::Int32Array>(env, found_.declared_file));
    places.Set("declaredLine", typed<Napi::Uint32Array>(env, found_.declared_line));
    places.Set("names", texts(env, found_.names));
    places.Set("files", texts(env, found_.files));
    return places;
  }

 private:
  Object object_;
  std::vector<double> offsets_;
  emberscope::Places found_;
};

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

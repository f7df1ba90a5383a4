/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Where CPython 3.11, 3.12 and 3.13 (64 bits, no debug build, with the GIL) keep what a walk needs: bytes into their
 * structs. test/python/layout.c compares every number with CPython's own headers. Only from here does a walk know what
 * to read: nothing of it is sent.
 */
#ifndef EMBERSCOPE_PYTHON_LAYOUT_H
#define EMBERSCOPE_PYTHON_LAYOUT_H

#define PYTHON_PICK(version, of_311, of_312, of_313) \
	((version) == 311 ? (of_311) : (version) == 312 ? (of_312) : (of_313))

/* _PyRuntimeState.interpreters.main, PyInterpreterState.threads.head */
#define PYTHON_RUNTIME_MAIN(version) PYTHON_PICK(version, 48, 48, 640)
#define PYTHON_INTERPRETER_THREADS(version) PYTHON_PICK(version, 16, 72, 7344)

/* PyThreadState: next, native_thread_id, and cframe (a _PyCFrame), in 3.13 current_frame itself */
#define PYTHON_THREAD_NEXT 8
#define PYTHON_THREAD_NATIVE_ID(version) PYTHON_PICK(version, 160, 144, 160)
#define PYTHON_THREAD_FRAME(version) PYTHON_PICK(version, 56, 56, 72)

/* _PyCFrame: current_frame, previous */
#define PYTHON_CFRAME_CURRENT(version) PYTHON_PICK(version, 8, 0, 0)
#define PYTHON_CFRAME_PREVIOUS(version) PYTHON_PICK(version, 16, 8, 0)

/* _PyInterpreterFrame: f_code (3.13: f_executable), previous, prev_instr (3.13: instr_ptr), is_entry (3.11), owner */
#define PYTHON_FRAME_BYTES 72
#define PYTHON_FRAME_CODE(version) PYTHON_PICK(version, 32, 0, 0)
#define PYTHON_FRAME_PREVIOUS(version) PYTHON_PICK(version, 48, 8, 8)
#define PYTHON_FRAME_INSTRUCTION 56
#define PYTHON_FRAME_IS_ENTRY 68
#define PYTHON_FRAME_OWNER 70
#define PYTHON_OWNED_BY_CSTACK 3

/* PyCodeObject, read from PYTHON_CODE_FROM on: co_firstlineno, co_filename, co_qualname, co_linetable; co_code_adaptive */
#define PYTHON_CODE_FROM 64
#define PYTHON_CODE_BYTES 80
#define PYTHON_CODE_FIRST_LINE(version) PYTHON_PICK(version, 72, 68, 68)
#define PYTHON_CODE_FILE 112
#define PYTHON_CODE_NAME 128
#define PYTHON_CODE_LINES 136
#define PYTHON_CODE_UNITS(version) PYTHON_PICK(version, 184, 192, 200)

/* PyObject.ob_type, PyTypeObject.tp_name */
#define PYTHON_OBJECT_TYPE 8
#define PYTHON_TYPE_NAME 24

/* PyASCIIObject: length, state and its bits, both sizes of a header before the characters */
#define PYTHON_TEXT_LENGTH 16
#define PYTHON_TEXT_STATE 32
#define PYTHON_TEXT_KIND(state) ((state) >> 2 & 7)
#define PYTHON_TEXT_COMPACT 32
#define PYTHON_TEXT_ASCII 64
#define PYTHON_TEXT_ASCII_HEAD(version) PYTHON_PICK(version, 48, 40, 40)
#define PYTHON_TEXT_HEAD(version) PYTHON_PICK(version, 72, 56, 56)

/* PyBytesObject: ob_size, ob_sval */
#define PYTHON_BYTES_LENGTH 16
#define PYTHON_BYTES_HEAD 32

#endif

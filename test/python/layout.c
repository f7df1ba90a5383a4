/* SPDX-License-Identifier: Apache-2.0 */
/* Compiled against the headers of one CPython: every number of bpf/python_layout.h is what they say. */
#define Py_BUILD_CORE 1
#include <Python.h>
#include <stddef.h>

#include "internal/pycore_code.h"
#include "internal/pycore_frame.h"
#include "internal/pycore_interp.h"
#include "internal/pycore_runtime.h"

#include "../../bpf/python_layout.h"

#define VERSION (PY_MAJOR_VERSION * 100 + PY_MINOR_VERSION)
#define SAME(number, place) _Static_assert((number) == (place), #number " is not " #place)

SAME(PYTHON_RUNTIME_MAIN(VERSION), offsetof(_PyRuntimeState, interpreters.main));
SAME(PYTHON_INTERPRETER_THREADS(VERSION), offsetof(PyInterpreterState, threads.head));
SAME(PYTHON_THREAD_NEXT, offsetof(PyThreadState, next));
SAME(PYTHON_THREAD_NATIVE_ID(VERSION), offsetof(PyThreadState, native_thread_id));
#if PY_MINOR_VERSION < 13
SAME(PYTHON_THREAD_FRAME(VERSION), offsetof(PyThreadState, cframe));
SAME(PYTHON_CFRAME_CURRENT(VERSION), offsetof(_PyCFrame, current_frame));
SAME(PYTHON_CFRAME_PREVIOUS(VERSION), offsetof(_PyCFrame, previous));
SAME(PYTHON_FRAME_CODE(VERSION), offsetof(_PyInterpreterFrame, f_code));
SAME(PYTHON_FRAME_INSTRUCTION, offsetof(_PyInterpreterFrame, prev_instr));
#else
SAME(PYTHON_THREAD_FRAME(VERSION), offsetof(PyThreadState, current_frame));
SAME(PYTHON_FRAME_CODE(VERSION), offsetof(_PyInterpreterFrame, f_executable));
SAME(PYTHON_FRAME_INSTRUCTION, offsetof(_PyInterpreterFrame, instr_ptr));
#endif
SAME(PYTHON_FRAME_PREVIOUS(VERSION), offsetof(_PyInterpreterFrame, previous));
SAME(PYTHON_FRAME_BYTES, offsetof(_PyInterpreterFrame, localsplus));
#if PY_MINOR_VERSION == 11
SAME(PYTHON_FRAME_IS_ENTRY, offsetof(_PyInterpreterFrame, is_entry));
#else
SAME(PYTHON_FRAME_OWNER, offsetof(_PyInterpreterFrame, owner));
SAME(PYTHON_OWNED_BY_CSTACK, FRAME_OWNED_BY_CSTACK);
#endif
SAME(PYTHON_CODE_FIRST_LINE(VERSION), offsetof(PyCodeObject, co_firstlineno));
SAME(PYTHON_CODE_FILE, offsetof(PyCodeObject, co_filename));
/* One read takes co_filename, co_name, co_qualname and co_linetable. */
SAME(PYTHON_CODE_FILE + 8, offsetof(PyCodeObject, co_name));
SAME(PYTHON_CODE_NAME, offsetof(PyCodeObject, co_qualname));
SAME(PYTHON_CODE_LINES, offsetof(PyCodeObject, co_linetable));
SAME(PYTHON_CODE_UNITS(VERSION), offsetof(PyCodeObject, co_code_adaptive));
_Static_assert(PYTHON_CODE_FROM <= PYTHON_CODE_FIRST_LINE(VERSION), "the part of a code object that is read");
_Static_assert(PYTHON_CODE_FROM + PYTHON_CODE_BYTES >= PYTHON_CODE_LINES + 8, "the part of a code object that is read");
SAME(PYTHON_OBJECT_TYPE, offsetof(PyObject, ob_type));
SAME(PYTHON_TYPE_NAME, offsetof(PyTypeObject, tp_name));
SAME(PYTHON_TEXT_LENGTH, offsetof(PyASCIIObject, length));
SAME(PYTHON_TEXT_STATE, offsetof(PyASCIIObject, state));
SAME(PYTHON_TEXT_ASCII_HEAD(VERSION), sizeof(PyASCIIObject));
SAME(PYTHON_TEXT_HEAD(VERSION), sizeof(PyCompactUnicodeObject));
SAME(PYTHON_BYTES_LENGTH, offsetof(PyVarObject, ob_size));
SAME(PYTHON_BYTES_HEAD, offsetof(PyBytesObject, ob_sval));
SAME(2, sizeof(_Py_CODEUNIT));

/* Of a bit field no place can be asked for: a str says by its own state what the bits are. */
static unsigned state_of(PyObject *text)
{
	unsigned state;

	memcpy(&state, (char *)text + PYTHON_TEXT_STATE, sizeof(state));
	return state;
}

/* 0: they are where they should be. */
int main(void)
{
	PyASCIIObject text = { 0 };
	const unsigned char kinds[] = { 1, 2, 4 };

	for (unsigned i = 0; i < sizeof(kinds); i++) {
		text.state.kind = kinds[i];
		if (PYTHON_TEXT_KIND(state_of((PyObject *)&text)) != kinds[i])
			return 1;
	}
	text.state.kind = 0;
	text.state.compact = 1;
	if (state_of((PyObject *)&text) != PYTHON_TEXT_COMPACT)
		return 2;
	text.state.compact = 0;
	text.state.ascii = 1;
	return state_of((PyObject *)&text) == PYTHON_TEXT_ASCII ? 0 : 3;
}

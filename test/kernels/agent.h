/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What crosses the virtio-serial port between a test and the guest's agent: frames, little endian, of any number of
 * programs at once. guest-agent.ts is the other side.
 */
#ifndef KERNELS_AGENT_H
#define KERNELS_AGENT_H

#include <stdint.h>

struct agent_header {
	uint32_t length; /* of the payload, at most AGENT_MAX_PAYLOAD */
	uint16_t channel;
	uint16_t kind;
};
#define AGENT_MAX_PAYLOAD 65536
#define AGENT_CHANNELS 32

enum agent_kind {
	/* to the guest */
	AGENT_RUN = 1,	 /* the arguments, each ended by a zero byte; the first is a path. A free channel, from 0 */
	AGENT_INPUT = 2, /* for its standard input; empty: its end */
	AGENT_KILL = 3,
	/* to the test */
	AGENT_READY = 16,  /* the first frame; the payload is the kernel's release */
	AGENT_STARTED = 17, /* u32: its number */
	AGENT_OUTPUT = 18,
	AGENT_ERRORS = 19, /* from its standard error */
	AGENT_EXITED = 20, /* u32: as waitpid says it. The last of its channel */
};

#endif

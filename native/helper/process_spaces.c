/* SPDX-License-Identifier: Apache-2.0 */
/* The processes' mappings as walks in the kernel see them. */
#include "clock.h"
#include "processes.h"

static bool maps(const struct mappings *mappings, const struct module *module)
{
	for (size_t i = 0; i < mappings->count; i++) {
		const struct module *mapped = module_find(mappings->list[i].module);

		if (mapped && (mapped == module || mapped->same == module->id))
			return true;
	}
	return false;
}

bool processes_lack(const struct processes *processes, const struct module *module)
{
	for (size_t i = 0; i < PROCESS_BUCKETS; i++) {
		for (const struct process *process = processes->processes[i]; process; process = process->next) {
			if (process->run && (maps(&process->mappings, module) || maps(&process->coming, module)))
				return false;
		}
	}
	return true;
}

void processes_unpublish(struct processes *processes, const struct module *module)
{
	for (size_t i = 0; i < PROCESS_BUCKETS; i++) {
		for (struct process *process = processes->processes[i]; process; process = process->next) {
			if (process->run && maps(&process->mappings, module))
				process->unpublished = true;
		}
	}
}

void processes_publish(struct processes *processes)
{
	if (!processes->spaces)
		return;
	for (size_t i = 0; i < PROCESS_BUCKETS; i++) {
		for (struct process *process = processes->processes[i]; process; process = process->next) {
			if (!process->unpublished || process->exited_ns || process->flags & WIRE_PROCESS_KERNEL)
				continue;
			/* Of the whole system, whoever runs finds the tables that are there; rows are only asked for
			 * where samples fell. */
			process->unpublished = !spaces_publish(processes->spaces, processes->queue, process->wanted,
							       process->tgid, process->generation >> 16,
							       &process->mappings, &process->run);
		}
	}
	processes->missed += processes->spaces->overflowed;
	processes->spaces->overflowed = 0;
}

void process_forget_space(struct processes *processes, struct process *process, bool ended)
{
	if (processes->spaces)
		spaces_release(processes->spaces, ended ? process->tgid : 0, &process->run, monotonic_ns());
}

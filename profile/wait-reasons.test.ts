// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { reasonOfStack } from './wait-reasons.ts';

// Innermost first, as kernels 5.10 to 7.2 have them.
it.each([
  ['sleep', '__schedule schedule do_nanosleep hrtimer_nanosleep common_nsleep __x64_sys_clock_nanosleep do_syscall_64'],
  ['lock', '__schedule schedule futex_wait_queue __futex_wait futex_wait do_futex __x64_sys_futex do_syscall_64'],
  ['lock', '__schedule schedule futex_wait_queue_me futex_wait do_futex __x64_sys_futex do_syscall_64'],
  ['lock', '__schedule schedule rwsem_down_write_slowpath down_write_killable vm_mmap_pgoff'],
  ['disk', '__schedule schedule io_schedule folio_wait_bit_common filemap_get_pages filemap_read vfs_read ksys_read'],
  ['disk', '__schedule schedule jbd2_log_wait_commit ext4_sync_file do_fsync'],
  ['network', '__schedule schedule schedule_timeout wait_woken sk_wait_data tcp_recvmsg_locked tcp_recvmsg inet_recvmsg sock_recvmsg'],
  ['network', '__schedule schedule schedule_timeout unix_stream_data_wait unix_stream_read_generic unix_stream_recvmsg'],
  ['poll', '__schedule schedule schedule_hrtimeout_range_clock ep_poll do_epoll_wait __x64_sys_epoll_wait'],
  ['poll', '__schedule schedule schedule_hrtimeout_range_clock poll_schedule_timeout.constprop.0 do_sys_poll'],
  ['pipe', '__schedule schedule anon_pipe_read vfs_read ksys_read do_syscall_64'],
  ['pipe', '__schedule schedule pipe_read vfs_read'],
  ['terminal', '__schedule schedule schedule_timeout wait_woken n_tty_read tty_read vfs_read'],
  ['child', '__schedule schedule do_wait kernel_wait4 __do_sys_wait4'],
  ['pageFault', '__schedule schedule __handle_mm_fault handle_mm_fault do_user_addr_fault exc_page_fault asm_exc_page_fault'],
  // It is the disk that one waits for.
  ['disk', '__schedule schedule io_schedule folio_wait_bit_common filemap_fault __do_fault handle_mm_fault exc_page_fault'],
  ['kernelThread', '__schedule schedule worker_thread kthread ret_from_fork'],
  [null, '__schedule schedule something_new do_syscall_64'],
])('%s', (reason, names) => {
  expect(reasonOfStack(names.split(' '))).toBe(reason);
});

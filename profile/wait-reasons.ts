// SPDX-License-Identifier: Apache-2.0
/** Why a thread waits, told by the kernel's own functions on its stack: the innermost one that says anything. */

export type WaitReason =
  | 'sleep'
  | 'lock'
  | 'disk'
  | 'network'
  | 'poll'
  | 'pipe'
  | 'terminal'
  | 'child'
  | 'signal'
  | 'pageFault'
  | 'kernelThread'
  | 'before';

export const waitReasonNames: Readonly<Record<WaitReason, string>> = {
  sleep: 'sleep',
  lock: 'lock or futex',
  disk: 'disk',
  network: 'network',
  poll: 'poll for events',
  pipe: 'pipe',
  terminal: 'terminal',
  child: 'end of a child process',
  signal: 'signal',
  pageFault: 'page fault',
  kernelThread: 'work for a kernel thread',
  before: 'asleep since before the recording',
};

/** Of each reason the functions as of kernels 5.10 to 7.2; a name with * begins so. */
const functions: Readonly<Record<WaitReason, string>> = {
  sleep: 'do_nanosleep hrtimer_nanosleep common_nsleep* __x64_sys_nanosleep __x64_sys_clock_nanosleep __arm64_sys_nanosleep __arm64_sys_clock_nanosleep msleep* usleep_range*',
  lock: 'futex_* __futex_wait do_futex __x64_sys_futex __arm64_sys_futex rwsem_* __mutex_* mutex_lock* __rt_mutex* rt_mutex_* down_* __down_* __lock_sock lock_sock_nested',
  disk: 'io_schedule* bit_wait_io folio_wait_* folio_lock* __folio_lock* wait_on_page_* __lock_page* blk_* submit_bio_wait __blkdev_* jbd2_* ext4_* xfs_* btrfs_* f2fs_* nfs_* filemap_* do_fsync vfs_fsync* writeback_* wait_on_buffer __wait_on_buffer',
  network:
    'sk_wait_data sk_stream_wait_* tcp_* inet_csk_* inet_stream_* inet_accept inet_wait_for_connect udp_* unix_stream_* unix_dgram_* unix_wait_* unix_accept __skb_wait_* skb_recv_* netlink_* sock_recvmsg sock_sendmsg vsock_*',
  poll: 'ep_poll do_epoll_wait do_epoll_pwait* poll_schedule_timeout* do_sys_poll do_poll* do_select core_sys_select io_cqring_wait* read_events do_io_getevents',
  pipe: 'pipe_* anon_pipe_* wait_for_partner fifo_open eventfd_read eventfd_write',
  terminal: 'n_tty_* tty_* wait_for_*_tty',
  child: 'do_wait kernel_wait4 kernel_waitid* __x64_sys_wait4 __x64_sys_waitid',
  signal: 'do_signal_stop ptrace_stop* sigsuspend do_sigtimedwait __x64_sys_pause __x64_sys_rt_sigsuspend do_rt_sigsuspend signalfd_*',
  pageFault: 'handle_mm_fault __handle_mm_fault do_user_addr_fault exc_page_fault asm_exc_page_fault do_page_fault do_swap_page userfaultfd_* handle_userfault',
  kernelThread: 'worker_thread smpboot_thread_fn rcu_gp_* rcu_* kthread kthreadd kthread_worker_fn kswapd kcompactd* khugepaged* oom_reaper irq_thread*',
  before: '',
};

const exact = new Map<string, WaitReason>();
const beginnings: [string, WaitReason][] = [];
for (const [reason, names] of Object.entries(functions) as [WaitReason, string][]) {
  for (const name of names.split(' ').filter((each) => each !== '')) {
    if (name.endsWith('*')) beginnings.push([name.slice(0, -1), reason]);
    else exact.set(name, reason);
  }
}
/** What the engine puts where nobody could take a stack. */
exact.set('(asleep since before the recording)', 'before');

/** What one function says; null: nothing. */
export function reasonOfFunction(name: string): WaitReason | null {
  return exact.get(name) ?? beginnings.find(([beginning]) => name.startsWith(beginning))?.[1] ?? null;
}

/** @param names of a stack's kernel frames, the innermost first */
export function reasonOfStack(names: Iterable<string>): WaitReason | null {
  for (const name of names) {
    const reason = reasonOfFunction(name);
    if (reason !== null) return reason;
  }
  return null;
}

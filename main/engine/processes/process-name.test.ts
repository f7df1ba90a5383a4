// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { nameOf, readName } from './process-name.ts';
import { readStat } from './proc-files.ts';

describe('nameOf', () => {
  it.each<[what: string, comm: string, words: string[], executable: string | null, full: string]>([
    ['a thread\'s name', 'MainThread', ['node', 'server.js'], '/usr/bin/node', 'node (MainThread)'],
    ['the same, of another user', 'MainThread', ['/opt/node/bin/node', 'server.js'], null, 'node (MainThread)'],
    ['a browser\'s', 'Isolated Web Co', ['/usr/lib/firefox/firefox', '-contentproc'], '/usr/lib/firefox/firefox', 'firefox (Isolated Web Co)'],
    ['a name that was cut', 'emberscope-help', ['emberscope-helper', 'profile'], '/usr/libexec/emberscope-helper', 'emberscope-helper'],
    ['a version in the file\'s name', 'python3', ['python3', '-c', 'pass'], '/usr/bin/python3.11', 'python3'],
    ['a script', 'meson', ['/usr/bin/python3', '-E', '/usr/bin/meson', 'setup'], '/usr/bin/python3.11', 'meson'],
    ['a name of busybox', 'ls', ['ls'], '/bin/busybox', 'ls'],
    ['a login shell', 'bash', ['-bash'], null, 'bash'],
    ['a name with its role', 'tmux: server', ['tmux'], '/usr/bin/tmux', 'tmux: server'],
    ['a title in place of the arguments', 'nginx', ['nginx: worker process'], '/usr/sbin/nginx', 'nginx'],
    ['brackets of its own', '(sd-pam)', ['(sd-pam)'], '/usr/lib/systemd/systemd', '(sd-pam)'],
    ['a file that was replaced', 'Worker', ['x'], '/usr/bin/tool (deleted)', 'tool (Worker)'],
    ['a program without a file', 'exe', ['tools/backend', '--x'], '/memfd:sealed-91 (deleted)', 'backend (exe)'],
    ['markup', '<img src=x oner', ['./names'], '/build/names', 'names (<img src=x oner)'],
    ['nothing but the kernel\'s name', 'kworker/0:1', [''], null, 'kworker/0:1'],
    ['no name at all', '', ['sh'], '/bin/dash', 'dash'],
  ])('%s', (_, comm, words, executable, full) => {
    expect(nameOf(comm, words, executable).full).toBe(full);
  });

  it('tells the program alone, for a title', () => {
    expect(nameOf('MainThread', ['node'], '/usr/bin/node').program).toBe('node');
  });
});

it('this process is node, whatever its first thread is called', () => {
  expect(readName(readStat(process.pid)!).program).toMatch(/^node/);
});

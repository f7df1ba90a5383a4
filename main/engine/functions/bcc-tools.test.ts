// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { bccTable, bccTools } from './bcc-tools.ts';
import { Catalogue } from './catalogue.ts';
import { readyQuestion, readyQuestions } from './ready-questions.ts';

/** What Debian 12's package bpfcc-tools has. */
const packaged = `
argdist bashreadline bindsnoop biolatency biolatpcts biopattern biosnoop biotop bitesize bpflist btrfsdist
btrfsslower cachestat cachetop capable cobjnew compactsnoop cpudist cpuunclaimed criticalstat dbslower dbstat
dcsnoop dcstat deadlock dirtop drsnoop execsnoop exitsnoop ext4dist ext4slower filegone filelife fileslower
filetop funccount funcinterval funclatency funcslower gethostlatency hardirqs inject javacalls javaflow javagc
javaobjnew javastat javathreads killsnoop klockstat kvmexit llcstat mdflush memleak mountsnoop mysqld_qslower
netqtop nfsdist nfsslower nodegc nodestat offcputime offwaketime oomkill opensnoop perlcalls perlflow perlstat
phpcalls phpflow phpstat pidpersec ppchcalls profile pythoncalls pythonflow pythongc pythonstat readahead
reset-trace rubycalls rubyflow rubygc rubyobjnew rubystat runqlat runqlen runqslower shmsnoop slabratetop
sofdsnoop softirqs solisten sslsniff stackcount statsnoop syncsnoop syscount tclcalls tclflow tclobjnew
tclstat tcpaccept tcpcong tcpconnect tcpconnlat tcpdrop tcplife tcpretrans tcprtt tcpstates tcpsubnet tcpsynbl
tcptop tcptracer threadsnoop tplist trace ttysnoop vfscount vfsstat virtiostat wakeuptime xfsdist xfsslower
zfsdist zfsslower
ucalls uflow ugc uobjnew ustat uthreads
`.trim().split(/\s+/);
/** Of libbpf-tools, what bpfcc-tools has not. */
const compiled = 'biostacks fsdist fsslower futexctn ksnoop numamove swapin tcppktlat'.split(' ');

describe('the tools of bcc', () => {
  it('are each answered once, in a sentence, and the page says so', async () => {
    const tools = bccTools();
    expect(new Set(tools.map(({ tool }) => tool)).size).toBe(tools.length);
    for (const { tool, answer } of tools) expect([tool, answer]).toEqual([expect.stringMatching(/^[a-z0-9_-]+$/), expect.stringMatching(/[.”]$/)]);
    await expect(bccTable()).toMatchFileSnapshot('../../../docs/bcc.md');
  });

  it('are all that there are', () => {
    expect(bccTools().map(({ tool }) => tool)).toEqual([...packaged, ...compiled].sort());
  });

  it('are found by their names in the list of functions', async () => {
    // Without the names of a kernel, which would be searched for each of them.
    const catalogue = new Catalogue(true);
    for (const { tool, place, answer } of bccTools()) {
      const { functions } = await catalogue.list({ pattern: tool, tgids: [], most: 200 });
      const hits = functions.filter(({ kind }) => kind === 'ready');
      if (place === 'ready') expect(hits.some(({ name }) => readyQuestions().find((each) => each.name === name)?.bcc.split(', ').includes(tool)), tool).toBe(true);
      else expect(hits.find(({ name }) => name === tool), tool).toMatchObject({ available: false, why: answer });
    }
  });
});

describe('what a ready question asks', () => {
  const asked = (name: string, whyNot: Parameters<typeof readyQuestions>[0]) => readyQuestions(whyNot).find((each) => each.name === name)!;

  it('is the first that this kernel has', () => {
    const without = (name: string) => (ask: { name: string }) => (ask.name === name ? `no ${name}` : '');
    expect(asked('capability-checks', undefined).asks).toMatchObject({ kind: 'tracepoint', name: 'capability:cap_capable', events: true });
    expect(asked('capability-checks', without('capability:cap_capable'))).toMatchObject({ asks: { kind: 'kernel', name: 'cap_capable' }, why: '' });
    expect(asked('capability-checks', ({ name }) => `no ${name}`)).toMatchObject({ why: 'no cap_capable' });
  });

  it('of a pair is refused only where nothing of what it needs is there', () => {
    expect(asked('page-cache', ({ name }) => (name.startsWith('filemap') ? 'too old' : ''))).toMatchObject({ why: '' });
    expect(asked('page-cache', ({ kind, name }) => (kind === 'ready' ? '' : `no ${name}`))).toMatchObject({ why: 'no filemap:mm_filemap_get_pages' });
    expect(readyQuestion('page-cache')).not.toBeNull();
    expect(readyQuestion('opens')).toBeNull();
  });
});

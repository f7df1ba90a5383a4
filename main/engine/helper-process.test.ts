// SPDX-License-Identifier: Apache-2.0
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isFailure } from '../../ipc/failure.ts';
import { chooseHelper, explainExit, helperStatus, startHelper } from './helper-process.ts';
import { HelperSession } from './helper-session.ts';
import { helperVersion } from './helper-version.ts';
import { places } from './places.ts';
import { WIRE_PROTOCOL } from './wire-layout.gen.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'emberscope-helper-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function program(name: string, script: string): string {
  const path = join(folder, name);
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  return path;
}

async function failureOf(script: string, kind: 'direct' | 'pkexec' = 'direct'): Promise<string> {
  const choice = { kind, command: program('helper', script), arguments: ['profile', 'x'] };
  try {
    await HelperSession.open(startHelper(choice), { version: '1', helloTimeout: 5000, explain: (exit) => explainExit(choice, exit) });
  } catch (error) {
    if (isFailure(error)) return `${error.code}: ${error.message}`;
    throw error;
  }
  return 'nothing was thrown';
}

describe('choosing a helper', () => {
  const none = { ...places(), helper: null, installedHelper: '/nonexistent/emberscope-helper' };

  it('says how to get one that is missing', () => {
    const choice = chooseHelper('profile', none);
    expect(choice).toMatchObject({ kind: 'none', failure: { code: 'helperMissing' } });
    expect(helperStatus(choice)).toEqual({ kind: 'missing', command: 'npm run install-helper' });
  });

  it('runs our own directly as root, and otherwise only the installed one through pkexec', () => {
    const helper = program('own', 'exit 0');
    const choice = chooseHelper('profile', { ...none, helper });
    if (process.getuid?.() === 0) expect(choice).toEqual({ kind: 'direct', command: helper, arguments: ['profile'] });
    if (process.getuid?.() === 0) expect(chooseHelper('trace', { ...none, helper })).toEqual({ kind: 'direct', command: helper, arguments: ['trace'] });
    else expect(choice).toMatchObject({ kind: 'none', failure: { code: 'helperMissing' } });
  });
});

describe('an installed helper', () => {
  const choice = (path: string) => ({ kind: 'pkexec' as const, command: '/usr/bin/pkexec', arguments: ['--disable-internal-agent', path, 'profile'] });
  const saying = (mark: string): ReturnType<typeof helperStatus> => helperStatus(choice(program('installed', `# ${mark}`)), '1.2.3');

  it('is told from its file when it is of another version', () => {
    const right = `emberscope-helper version 1.2.3 protocol ${WIRE_PROTOCOL}\0`;
    expect(saying(right)).toEqual({ kind: 'pkexec' });
    expect(saying(right.replace('1.2.3', '1.2.4-rc.1'))).toEqual({ kind: 'wrongVersion', installed: '1.2.4-rc.1', command: 'npm run install-helper' });
    expect(saying(`emberscope-helper version 1.2.3 protocol ${WIRE_PROTOCOL + 1}\0`)).toMatchObject({ kind: 'wrongVersion', installed: '1.2.3, another build' });
    // One that says nothing is found out when it is started.
    expect(saying('nothing')).toEqual({ kind: 'pkexec' });
    expect(helperStatus(choice('/nonexistent'), '1.2.3')).toEqual({ kind: 'pkexec' });
  });

  it('says what it says in its hello', (context) => {
    const { helper, version } = places();
    const found = helper && helperVersion(helper);
    if (!found) {
      console.log('skipped: the helper is not built, or by an older Makefile');
      context.skip();
      return;
    }
    expect(found).toEqual({ version, protocol: WIRE_PROTOCOL });
  });
});

describe('a program that is no helper', () => {
  it('is told by how it ends', async () => {
    expect(await failureOf('exit 3')).toBe('helperFailed: The helper ended before it said hello: exit code 3');
    expect(await failureOf('echo "cannot do it" >&2; exit 1')).toContain('cannot do it');
    expect(await failureOf('kill -9 $$')).toContain('killed by SIGKILL');
    expect(await failureOf('echo hello world, this is not a frame')).toMatch(/^helperMalformed/);
    expect(await failureOf('exit 126', 'pkexec')).toMatch(/^authenticationDismissed/);
    expect(await failureOf('echo "Error executing command as another user: Not authorized" >&2; exit 127', 'pkexec')).toMatch(/^notAuthorised/);
  });

  it('names the action that was refused', () => {
    const refused = (mode: string) =>
      explainExit(
        { kind: 'pkexec', command: '/usr/bin/pkexec', arguments: ['--disable-internal-agent', '/helper', mode] },
        { code: 127, signal: null, stderr: 'Not authorized', startError: '' },
      );
    expect(refused('profile').remedy).toContain('org.emberscope.profile');
    expect(refused('trace')).toMatchObject({ code: 'notAuthorised', message: expect.stringContaining('tracing') as string, remedy: expect.stringContaining('org.emberscope.trace') as string });
  });

  it('that cannot be started is a failure, too', async () => {
    const choice = { kind: 'pkexec' as const, command: '/nonexistent/pkexec', arguments: [] };
    expect((await startHelper(choice).exited).startError).toBe('ENOENT');
  });

  it('gets nothing of our environment but the language', async () => {
    expect(await failureOf('env | grep -v -e "^PWD=" -e "^_=" -e "^SHLVL=" -e "^OLDPWD=" | tr "\\n" " " >&2; exit 1')).toMatch(/: LANG=C\.UTF-8 ?$/);
  });
});

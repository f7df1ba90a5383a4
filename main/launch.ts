// SPDX-License-Identifier: Apache-2.0
/** `npm start`: opens the window, under Electron where its binary can be had, otherwise in a browser. */
import { accessSync, constants, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { findBrowsers, type Browser } from './chromium-shell/browsers.ts';
import { places } from './engine/places.ts';
import { decide, shellNames, type Decision, type ShellName, type Surroundings } from './launch/decision.ts';
import {
  electronBinary,
  electronPackage,
  isArchiveCached,
  sandboxObstacle,
  type ElectronPackage,
} from './launch/electron-binary.ts';
import {
  archiveAddress,
  downloadElectron,
  probe,
  rememberedFailure,
  rememberFailure,
} from './launch/electron-download.ts';
import { runElectron } from './launch/electron-process.ts';

const HELP = `Usage: npm start [-- [--shell electron|chromium|none] [FILE]]

Opens Emberscope's window: under Electron where its binary is here or can be downloaded, otherwise in an
installed Chromium, Chrome, Brave, Edge or Vivaldi. Without a display it prints an address to open.

  FILE               a recording (.ember) or another tool's profile that it shows first
  --shell electron   Electron or nothing; tries to download it whatever was remembered
  --shell chromium   the browser
  --shell none       no window: print the address
  --which-shell      only print which shell would be used ("chromium" also where one has to be installed)
  --version          print the version
  --help             print this help

Exit codes: 0 closed as asked, 1 the window could not be opened, 2 the command line is wrong.
`;

const say = (text: string): void => void process.stderr.write(`${text}\n`);

async function fetchElectron(electron: ElectronPackage, insist: boolean): Promise<string | null> {
  const address = archiveAddress(electron);
  const cached = isArchiveCached(electron);
  if (!cached && !insist) {
    const remembered = rememberedFailure(address);
    if (remembered) {
      const at = new Date(remembered.at).toLocaleString();
      return (
        `Electron's binary is not here, and could not be had on ${at}: ${remembered.reason} ` +
        'It is tried again a day later, or with --shell electron.'
      );
    }
  }
  if (!cached) {
    const unreachable = await probe(address);
    if (unreachable) {
      const reason = `The download server (${new URL(address).host}) ${unreachable}.`;
      rememberFailure(address, reason);
      return `Electron's binary is not here. ${reason}`;
    }
  }
  say(`Electron ${electron.version} is being fetched once (about 110 MB).`);
  const failure = await downloadElectron(electron, {
    onProgress(bytes, seconds) {
      const text = `  ${(bytes / 1e6).toFixed(0)} MB, ${seconds} s`;
      if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
      else if (seconds % 15 === 0) say(text);
    },
  });
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
  if (failure) rememberFailure(address, failure);
  return failure;
}

function surroundings(root: string, asked: ShellName | null): Surroundings {
  const electron = electronPackage(root);
  return {
    asked,
    display: Boolean(process.env.DISPLAY ?? process.env.WAYLAND_DISPLAY),
    automated: Boolean(process.env.CI),
    browsers: () => findBrowsers(),
    electronVersion: electron?.version ?? null,
    electronBinary: () => electron && electronBinary(electron),
    sandboxObstacle: (binary) => sandboxObstacle(binary),
    uid: process.getuid!(),
    fetchElectron: (insist) => fetchElectron(electron!, insist),
  };
}

async function openInBrowser(browser: Browser | null, reason: string, file: string | null, signal: AbortSignal): Promise<number> {
  const [{ createEngine }, { runChromiumShell }] = await Promise.all([
    import('./engine/engine.ts'),
    import('./chromium-shell.ts'),
  ]);
  if (browser) {
    say(`Opening the window in ${browser.name}. ${reason}`);
    if (process.getuid!() === 0)
      say("As root, the browser runs without its sandbox; it shows nothing but Emberscope's own page.");
  }
  const engine = await createEngine({ shell: 'chromium', shellReason: browser ? reason : '' });
  let named = file;
  try {
    return await runChromiumShell({
      serve(transport) {
        // The first window shows it; when it is loaded again it has it.
        const own = named;
        named = null;
        return engine.serve(transport, own);
      },
      renderer: places().renderer,
      browser,
      noBrowserReason: reason,
      print: (text) => process.stdout.write(text),
      signal,
    });
  } finally {
    await engine.close();
  }
}

async function open(decision: Decision, root: string, asked: ShellName | null, file: string | null, signal: AbortSignal): Promise<number> {
  switch (decision.shell) {
    case 'electron': {
      if (process.getuid!() === 0)
        say("As root, Electron runs without its sandbox; it shows nothing but Emberscope's own page.");
      const end = await runElectron(decision.binary, root, { signal, file });
      if (end.kind === 'ended') return end.code;
      if (asked === 'electron') {
        say(`emberscope: ${end.reason}`);
        return 1;
      }
      const browser = findBrowsers()[0] ?? null;
      return openInBrowser(browser, end.reason, file, signal);
    }
    case 'chromium':
      return openInBrowser(decision.browser, decision.reason, file, signal);
    case 'none':
      return openInBrowser(null, decision.reason, file, signal);
    case null:
      say(`emberscope: ${decision.reason}`);
      return 1;
    default:
      return decision satisfies never;
  }
}

function shellFor(decision: Decision, display: boolean): ShellName {
  if (decision.shell === 'electron') return 'electron';
  return display ? 'chromium' : 'none';
}

/** What a window would say, too, but only once it is open. null: it may be opened. */
function whyNoFile(path: string): string | null {
  try {
    const status = statSync(path);
    if (status.isDirectory()) return `${path} is a folder.`;
    if (!status.isFile()) return `${path} is no file: save what it gives, and open that.`;
    accessSync(path, constants.R_OK);
    return null;
  } catch (error) {
    return `${path} cannot be opened: ${(error as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is no such file' : (error as Error).message}.`;
  }
}

export async function launch(args: readonly string[]): Promise<number> {
  let values: {
    shell?: string | undefined;
    'which-shell'?: boolean | undefined;
    version?: boolean | undefined;
    help?: boolean | undefined;
  };
  let names: string[];
  try {
    ({ values, positionals: names } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        shell: { type: 'string' },
        'which-shell': { type: 'boolean' },
        version: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    }));
  } catch (error) {
    say(`emberscope: ${(error as Error).message}\nRun \`npm start -- --help\` for what is possible.`);
    return 2;
  }
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  if (values.version) {
    process.stdout.write(`${places().version}\n`);
    return 0;
  }
  const asked = shellNames.find((name) => name === values.shell) ?? null;
  if (values.shell !== undefined && asked === null) {
    say(`emberscope: There is no shell ${JSON.stringify(values.shell)}.\nChoose one of ${shellNames.join(', ')}.`);
    return 2;
  }
  if (names.length > 1) {
    say('emberscope: Only one file can be named.\nOpen the others in the window: drop them on it, or find them in the Library.');
    return 2;
  }
  const file = names[0] === undefined ? null : resolve(names[0]);
  const missing = file === null ? null : whyNoFile(file);
  if (missing !== null) {
    say(`emberscope: ${missing}`);
    return 1;
  }
  const { root } = places();
  const around = surroundings(root, asked);
  if (values['which-shell']) {
    process.stdout.write(`${shellFor(await decide(around), around.display)}\n`);
    return 0;
  }
  const stopping = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      if (stopping.signal.aborted) process.exit(130);
      stopping.abort();
    });
  }
  return open(await decide(around), root, asked, file, stopping.signal);
}

if (import.meta.main) {
  try {
    process.exitCode = await launch(process.argv.slice(2));
  } catch (error) {
    say(
      `emberscope: The window could not be opened: ${(error as Error).message}.\n` +
        'Run `npm run setup`; if it stays so, report it with this sentence.',
    );
    process.exitCode = 1;
  }
  // A name look-up or a connection that hangs must not keep the process.
  process.exit();
}

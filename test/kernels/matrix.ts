// SPDX-License-Identifier: Apache-2.0
/** Boots every kernel of the matrix and tries every feature in it, one after the other. */
import { failed, works, type Feature, type Tried, type Verdict } from './feature.ts';
import { bootGuest, type Guest } from './guest.ts';
import { CACHE, prepareInitramfs } from './guest-helper.ts';
import { imageOf, NoImage, type Image, type Series } from './images.ts';

export type Outcome =
  | { readonly kind: 'skipped'; readonly series: Series; readonly reason: string }
  | { readonly kind: 'ran'; readonly series: Series; readonly release: string; readonly tried: readonly Tried[]; readonly console: string; readonly bootSeconds: number };

/** Told of each feature once it was tried. */
export type Tell = (series: Series, tried: Tried) => void;

/** In milliseconds, of one feature: everything is emulated, on a busy machine. */
const FEATURE_LIMIT = 200_000;

/** After all others: the kernel has nothing to complain about. */
const kernelLog: Feature = {
  name: 'no warning in the kernel’s log',
  short: true,
  async run(guest) {
    const lines = await guest.shell('dmesg | grep -E "BUG|WARNING|Oops" || true');
    return lines === '' ? works('') : failed(lines.trim());
  },
};

async function attempt(feature: Feature, guest: Guest, tried: readonly Tried[]): Promise<Verdict> {
  const limit = new AbortController();
  const late = new Promise<Verdict>((resolve) => {
    const timer = setTimeout(() => resolve(failed(`not done within ${FEATURE_LIMIT / 1000} s`)), FEATURE_LIMIT);
    limit.signal.addEventListener('abort', () => clearTimeout(timer));
  });
  try {
    return await Promise.race([feature.run(guest, tried), late]);
  } catch (error) {
    return failed((error as Error).message);
  } finally {
    limit.abort();
  }
}

async function runKernel(series: Series, initramfs: string, features: readonly Feature[], tell: Tell): Promise<Outcome> {
  let image: Image;
  try {
    image = await imageOf(series, CACHE);
  } catch (error) {
    if (error instanceof NoImage) return { kind: 'skipped', series, reason: error.message };
    throw error;
  }
  const started = performance.now();
  await using guest = await bootGuest(image, initramfs);
  const bootSeconds = (performance.now() - started) / 1000;
  const tried: Tried[] = [];
  for (const feature of [...features, kernelLog]) {
    const began = performance.now();
    const verdict = await attempt(feature, guest, tried);
    tried.push({ feature, verdict, seconds: (performance.now() - began) / 1000 });
    tell(series, tried.at(-1)!);
  }
  return { kind: 'ran', series, release: guest.release, tried, console: guest.console(), bootSeconds };
}

/** Two guests at a time: more would starve each other of CPU. @returns in the order of `all` */
export async function runMatrix(all: readonly Series[], features: readonly Feature[], tell: Tell = () => undefined): Promise<Outcome[]> {
  await using initramfs = await prepareInitramfs();
  const waiting = [...all];
  const outcomes: Outcome[] = [];
  const work = async (): Promise<void> => {
    for (let series = waiting.shift(); series; series = waiting.shift()) outcomes.push(await runKernel(series, initramfs.path, features, tell));
  };
  await Promise.all([work(), work()]);
  return outcomes.sort((a, b) => all.indexOf(a.series) - all.indexOf(b.series));
}

/** "6.1: uprobes: it says why", each a failure. */
export function problemsOf(outcomes: readonly Outcome[]): string[] {
  return outcomes.flatMap((outcome) =>
    outcome.kind === 'skipped'
      ? []
      : outcome.tried.flatMap(({ feature, verdict }) => (verdict.kind === 'failed' ? [`${outcome.series.kernel}: ${feature.name}: ${verdict.problem}`] : [])),
  );
}

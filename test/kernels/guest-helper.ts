// SPDX-License-Identifier: Apache-2.0
/** A helper that runs in a guest, for an engine of this machine: the same frames, carried over a virtio-serial port. */
import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { HelperStream } from '../../main/engine/helper-stream.ts';
import { bootGuest, type Guest } from './guest.ts';
import { imageOf, NoImage, SERIES, type Image } from './images.ts';
import { buildInitramfs, DEMO, GUEST_HELPER, HELPER, missingTools } from './initramfs.ts';

export const CACHE = join(import.meta.dirname, '../../build/kernels');

/** Why no guest can be run here at all; undefined: it can. */
export async function whyNoGuest(): Promise<string | undefined> {
  const unbuilt = [HELPER, DEMO].find((path) => !existsSync(path));
  return (await missingTools()) ?? (unbuilt === undefined ? undefined : `${unbuilt} is not built (npm run setup)`);
}

/** The guest's file system, which goes when it is disposed of. */
export async function prepareInitramfs(): Promise<AsyncDisposable & { readonly path: string }> {
  await mkdir(CACHE, { recursive: true });
  const path = join(CACHE, `guest-${process.pid}.cpio.gz`);
  await buildInitramfs(path);
  return { path, [Symbol.asyncDispose]: () => rm(path, { force: true }) };
}

/** @param kernel a series, "6.12" @returns why its image cannot be had, or the running guest */
export async function openGuest(kernel: string): Promise<Guest | string> {
  const missing = await whyNoGuest();
  if (missing !== undefined) return missing;
  const series = SERIES.find((one) => one.kernel === kernel);
  if (!series) throw new RangeError(`no kernel ${kernel} in the matrix`);
  let image: Image;
  try {
    image = await imageOf(series, CACHE);
  } catch (error) {
    if (error instanceof NoImage) return error.message;
    throw error;
  }
  await using initramfs = await prepareInitramfs();
  // Awaited: the file goes when this returns.
  return await bootGuest(image, initramfs.path);
}

/** A new helper in the guest, as root; it ends when its input is closed. */
export function helperIn(guest: Guest, mode: 'profile' | 'trace' = 'profile'): HelperStream {
  return guest.run(GUEST_HELPER, mode);
}

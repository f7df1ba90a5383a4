// SPDX-License-Identifier: Apache-2.0
/** Figures and names in the form in which the window shows them. */
const counts = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

/** "1,234" */
export function formatCount(count: number): string {
  return counts.format(count);
}

/** A share of 0 to 1 as "5.67%"; "100%" without decimals, and only for all of it; tiny ones as "<0.01%". */
export function formatPercent(share: number, decimals = 2): string {
  if (!Number.isFinite(share)) return '–';
  const percent = share * 100;
  if (percent === 0) return '0%';
  const least = 10 ** -decimals;
  if (percent > 0 && percent < least) return `<${least}%`;
  if (percent === 100) return '100%';
  // Never rounded to the whole while anything is missing.
  return `${(percent < 100 ? Math.min(percent, 100 - least) : percent).toFixed(decimals)}%`;
}

/** Part of whole as a percentage; "–" where there is nothing yet to be a part of. */
export function formatShare(part: number, whole: number, decimals = 2): string {
  return whole > 0 ? formatPercent(part / whole, decimals) : '–';
}

/** Nanoseconds as "00:42", from an hour on "1:00:42". */
export function formatClock(nanoseconds: number): string {
  const seconds = Math.max(0, Math.floor(nanoseconds / 1e9));
  const two = (value: number) => String(value).padStart(2, '0');
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${two(minutes)}:${two(seconds % 60)}`;
}

/** Nanoseconds as "00:42.38": for ranges, where slices of 20 ms matter. */
export function formatMoment(nanoseconds: number): string {
  const hundredths = Math.floor((Math.max(0, nanoseconds) % 1e9) / 1e7);
  return `${formatClock(nanoseconds)}.${String(hundredths).padStart(2, '0')}`;
}

/** A length of time as "340 ms", "2.6 s", "3 min 5 s". */
export function formatLength(nanoseconds: number): string {
  const seconds = nanoseconds / 1e9;
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}

/** "812 KiB", "12.3 MiB", "4.61 GiB" */
export function formatBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 ** 2) return `${Math.round(bytes / 1024)} KiB`;
  if (bytes < 1024 ** 3) return `${(bytes / 1024 ** 2).toFixed(1)} MiB`;
  return `${(bytes / 1024 ** 3).toFixed(2)} GiB`;
}

// Control characters, and those that turn the direction of the text around them.
const unprintable = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** A name from the profiled program, made safe to look at: one line, nothing invisible, at most `limit` characters. */
export function displayName(name: string, limit = Infinity): string {
  const cut = name.length > limit ? `${name.slice(0, Math.max(1, limit - 1))}…` : name;
  return cut.replace(unprintable, '\ufffd');
}

/** A script within a command line has lines of its own: blanks read better there than marks for each. */
export function oneLine(text: string): string {
  // The engine sends control characters as their pictures.
  return text.replace(/[\s\u2409\u240a\u240d]+/g, ' ').trim();
}

/** What was recorded: a process, or a command line, which may hold a script. */
export function displayTarget(target: string, limit = Infinity): string {
  return displayName(oneLine(target), limit);
}

/** A title as a file name: "postgres 4121" -> "postgres-4121". */
export function fileStem(title: string): string {
  const stem = title
    .normalize('NFKD')
    .replace(/[^\p{L}\p{N}._-]+/gu, '-')
    .replace(/^[-.]+|[-.]+$/g, '')
    .slice(0, 80);
  return stem === '' ? 'recording' : stem;
}

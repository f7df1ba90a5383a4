// SPDX-License-Identifier: Apache-2.0
/** What the library knows of one recording: from its metadata, and from its rows once they were read. */
import type { RecordingFacts, RecordingQuality } from '../../../ipc/library-contract.ts';
import type { ProbeRequest } from '../../../ipc/probe-contract.ts';
import { LiveTree } from '../../../profile/live-tree.ts';
import { QUESTIONS, unitOf, weighing } from '../../../profile/questions.ts';
import { Statistics } from '../../../profile/statistics.ts';
import { thumbnailOf, thumbnailText } from '../../../profile/thumbnail.ts';
import { EVERYTHING } from '../../../profile/filter.ts';
import { ROOT } from '../../../profile/call-tree.ts';
import type { Tables } from '../../../profile/tables.ts';
import { probesOf } from '../probes/probe-info.ts';
import type { Metadata } from '../recordings/format.ts';

/** Where nothing is known of the rows yet. */
const NOTHING_MISSING: RecordingQuality = { complete: 1, named: 1, lost: 0 };

export function factsOf(metadata: Metadata, figures: Pick<RecordingFacts, 'samples' | 'weight' | 'quality'> | null): RecordingFacts {
  const { target, frequencyHz, settings, host, kernel, startedAt, durationNs, application, ledger } = metadata;
  return {
    target,
    question: QUESTIONS.find((question) => question === metadata.question) ?? 'on-cpu',
    frequencyHz,
    settings,
    request: metadata.request ?? null,
    probes: [],
    host,
    kernel,
    startedAt,
    durationNs,
    application,
    tags: metadata.tags ?? [],
    notes: metadata.notes ?? '',
    ...(figures ?? { samples: ledger.stored, weight: ledger.stored, quality: NOTHING_MISSING }),
  };
}

/** As many as the helper takes of one recording. */
const PROBES = 64;

/** What was attached, or where nothing was, what was asked for; one that was detached and attached again, once. */
function asked(tables: Tables): ProbeRequest[] {
  const probes = probesOf(tables);
  const attached = probes.filter(({ mechanism }) => mechanism !== '');
  const requests = (attached.length > 0 ? attached : probes).map(({ request }) => JSON.stringify(request));
  return [...new Set(requests)].slice(0, PROBES).map((text) => JSON.parse(text) as ProbeRequest);
}

const share = (part: number, all: number, ofNothing: number): number => (all > 0 ? Math.min(1, Math.max(0, part / all)) : ofNothing);

/** Of all rows: in the thread that read them. `thumbnail`: profile/thumbnail.ts, as text. */
export function summarise(metadata: Metadata, tables: Tables): { facts: RecordingFacts; thumbnail: string } {
  const { question } = factsOf(metadata, null);
  const scale = weighing(question, Math.max(1, metadata.frequencyHz));
  const statistics = new Statistics(tables, metadata.frequencyHz, scale);
  statistics.advance();
  const { samples, stacks, stackless, frames } = statistics.figures();
  const tree = new LiveTree(tables, undefined, scale);
  tree.show(EVERYTHING);
  const weight = tree.tree.total(ROOT);
  const { stored, lost } = metadata.ledger;
  const facts = factsOf(metadata, {
    samples,
    weight: unitOf(question) === 'samples' ? samples : weight,
    quality: {
      complete: share(stacks.complete, stacks.complete + stacks.truncated + stacks.broken + stackless, 1),
      named: share(frames.named, frames.all, 1),
      lost: share(lost, stored + lost, 0),
    },
  });
  facts.probes = question === 'probes' ? asked(tables) : [];
  return { facts, thumbnail: thumbnailText(thumbnailOf(tree.tree)) };
}

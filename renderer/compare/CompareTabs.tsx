// SPDX-License-Identifier: Apache-2.0
/** Which pictures of two sides are shown. */
import { useSession } from '../app/session-context.ts';
import { useApp } from '../app/store.ts';
import { Choice } from './Choice.tsx';
import type { CompareTab } from './comparing.ts';

const tabs: readonly { value: CompareTab; title: string; what: string }[] = [
  { value: 'difference', title: 'Difference', what: 'Both sides in one picture' },
  { value: 'sides', title: 'Side by side', what: 'A and B, with one zoom and one search' },
  { value: 'latencies', title: 'Latencies', what: 'How long single functions took: histograms, heat maps, and how each decile moved' },
];

export function CompareTabs() {
  const { compare: actions } = useSession();
  const tab = useApp((state) => state.comparing.tab);
  return <Choice label="Pictures" isLabelHidden options={tabs} value={tab} choose={(value) => actions.change((before) => ({ ...before, tab: value }))} />;
}

// SPDX-License-Identifier: Apache-2.0
/** Latencies of two sides: the chosen probe's pictures above, all probes below; or what to do where there are none. */
import type { Latencies } from '../../profile/comparison/latencies.ts';
import type { Comparing } from './comparing.ts';
import { LatencyPictures } from './LatencyPictures.tsx';
import { LatencyTable, OnlyOneSide } from './LatencyTable.tsx';
import { chosenProbe, shownProbes } from './latency-view.ts';
import '../parts/empty.css';
import './latencies.css';

interface Props {
  comparing: Comparing;
  latencies: Latencies;
}

export function LatencyDifferences({ comparing, latencies }: Props) {
  const { compared, onlyA, onlyB } = latencies;
  const isProbed = compared.length + onlyA.length + onlyB.length > 0;
  const chosen = chosenProbe(comparing);
  return (
    <>
      {(compared.length > 0 || comparing.result !== null) && <LatencyPictures probe={chosen} hasProbes={compared.length > 0} hasFunctions={comparing.result !== null} />}
      {compared.length === 0 && (
        <div className="empty" role="status">
          <strong>{isProbed ? 'No function was asked the same on both sides' : 'Neither recording measured a latency'}</strong>
          <span>
            Ask a function on the Functions screen, or a ready question; save that recording; do the same again after the change, and compare the two. On
            the command line: <code>emberscope latency FUNCTION --output FILE</code>.
          </span>
          <OnlyOneSide latencies={latencies} />
        </div>
      )}
      {compared.length > 0 && <LatencyTable probes={shownProbes(comparing)} chosen={chosen} latencies={latencies} />}
    </>
  );
}

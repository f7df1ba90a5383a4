// SPDX-License-Identifier: Apache-2.0
/** Caller edges: pairs of functions that call one another in sampled stacks, and how far two sets of them agree. */

/** Functions of a stack, outermost first, and its samples. */
export interface NamedStack {
  functions: readonly string[];
  weight: number;
}

/** "caller > callee" -> samples whose stack has it, each once. */
export type Edges = ReadonlyMap<string, number>;

export function edgesOf(stacks: Iterable<NamedStack>): Edges {
  const edges = new Map<string, number>();
  for (const { functions, weight } of stacks) {
    const seen = new Set<string>();
    for (let i = 1; i < functions.length; i++) seen.add(`${functions[i - 1]} > ${functions[i]}`);
    for (const edge of seen) edges.set(edge, (edges.get(edge) ?? 0) + weight);
  }
  return edges;
}

export interface Agreement {
  /** Of the samples of all edges: the share of edges that the other has too. NaN where there is no edge. */
  found: number;
  /** The same without edges so rare that the other may well have missed them. */
  foundBeyondNoise: number;
  /** Edges that are missing beyond noise, the most samples first. */
  missing: { edge: string; samples: number }[];
  edges: number;
}

/** Samples that the other should have had of an edge, for their absence to mean anything: e^-5 is below 1 %. */
const EXPECTED = 5;

/** @param samples of each side @param other what `edges` are looked for in */
export function agreement(edges: Edges, samples: number, other: Edges, otherSamples: number): Agreement {
  let [all, found, beyond, foundBeyond] = [0, 0, 0, 0];
  const missing: Agreement['missing'] = [];
  for (const [edge, weight] of edges) {
    const has = other.has(edge);
    const isFrequent = (weight * otherSamples) / samples >= EXPECTED;
    all += weight;
    if (has) found += weight;
    if (!has && !isFrequent) continue;
    beyond += weight;
    if (has) foundBeyond += weight;
    else missing.push({ edge, samples: weight });
  }
  missing.sort((a, b) => b.samples - a.samples);
  return { found: found / all, foundBeyondNoise: foundBeyond / beyond, missing, edges: edges.size };
}

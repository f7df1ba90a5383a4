// SPDX-License-Identifier: Apache-2.0
import { Check, CircleAlert } from 'lucide-react';
import type { LibraryEntry } from '../../ipc/contract.ts';
import { recordedAt } from '../../ipc/library-search.ts';
import { displayName, displayTarget, formatBytes, formatLength } from '../app/format.ts';
import { questionWords } from '../app/questions.ts';
import { faultWords, originWords, qualityWords, weightWords, whenWords } from './entry-words.ts';
import { Thumbnail } from './Thumbnail.tsx';

interface Props {
  entry: LibraryEntry;
  place: { index: number; count: number; top: number; height: number };
  active: boolean;
  marked: boolean;
  choose(): void;
  mark(): void;
  open(): void;
}

export function EntryRow({ entry, place, active, marked, choose, mark, open }: Props) {
  const { facts, state, name } = entry;
  return (
    <div
      id={`recording-${place.index}`}
      role="option"
      aria-selected={active || marked}
      aria-setsize={place.count}
      aria-posinset={place.index + 1}
      className={`library-row ${active ? 'on' : ''} ${state.kind === 'unreadable' ? 'no' : ''}`}
      style={{ position: 'absolute', top: 0, transform: `translateY(${place.top}px)`, height: place.height, width: '100%' }}
      onClick={(event) => (event.ctrlKey || event.metaKey ? mark() : choose())}
      onDoubleClick={open}
    >
      <span
        className={`library-mark ${marked ? 'on' : ''}`}
        aria-hidden
        title="Mark it (Space)"
        onClick={(event) => {
          event.stopPropagation();
          mark();
        }}
        onDoubleClick={(event) => event.stopPropagation()}
      >
        {marked && <Check size={12} />}
      </span>
      {state.kind === 'unreadable' ? (
        <span className="thumbnail no-picture">
          <CircleAlert size={18} aria-hidden />
        </span>
      ) : (
        <Thumbnail key={entry.modifiedAt} file={state.kind === 'recording' ? null : entry.file} />
      )}
      <div className="library-names">
        <b title={displayTarget(name, 200)}>{displayTarget(name, 120)}</b>
        {state.kind === 'unreadable' ? (
          <small className="bad" title={displayName(state.failure.message, 400)}>
            {displayName(faultWords(entry.file, state.failure), 300)}
          </small>
        ) : (
          <small>{facts === null ? 'Not looked into yet' : displayTarget([facts.target === name ? '' : facts.target, facts.host].filter(Boolean).join(' · ') || originWords(facts), 200)}</small>
        )}
        {facts !== null && facts.tags.length > 0 && (
          <span className="library-tags">
            {facts.tags.slice(0, 4).map((tag) => (
              <i key={tag}>#{displayName(tag, 24)}</i>
            ))}
          </span>
        )}
      </div>
      <span className="library-question">{facts === null ? '' : questionWords[facts.question].title}</span>
      <span className="library-when">
        {whenWords(recordedAt(entry))}
        <small>{facts === null ? formatBytes(entry.bytes) : `${state.kind === 'recording' ? 'being recorded' : facts.durationNs > 0 ? formatLength(facts.durationNs) : ''}`}</small>
      </span>
      <span className="library-weight">
        {facts === null ? '' : weightWords(facts)}
        <small>{facts === null ? '' : qualityWords(facts.quality)}</small>
      </span>
    </div>
  );
}
